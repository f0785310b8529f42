"""docs/watch-api.md, made of the API's document: `python tools/watch_api.py`, or `--check` whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "src" / "batten" / "watch" / "api" / "openapi.yaml"
PAGE = ROOT / "docs" / "watch-api.md"
METHODS = ("get", "post", "put", "patch", "delete")
HEAD = """# The API of batten watch

Made by `python tools/watch_api.py` of `src/batten/watch/api/openapi.yaml`, which a running service serves at `/openapi.json`. batten's
own guard holds every request and every answer against it.

{description}

```sh
curl -H "Authorization: Bearer $BATTEN_TOKEN" https://watch.example.com/api/v1/causes
```

A token is made under Settings, Tokens. It has scopes; each operation names the one that it needs. Rates are bounded: 1,200 requests a
minute with one token, 3,000 from one address, 30 exports; more get 429 with `Retry-After`.

| status | meaning |
|---|---|
| 400 | the request does not match the document: an unknown parameter, a wrong type, a missing header |
| 401 | there is no valid token |
| 403 | the token lacks the scope, or its owner the role |
| 404 | there is no such resource, or the caller cannot see it |
| 409 | it conflicts with what exists, or an assessment is in progress |
| 412 | the resource changed since the `ETag` in `If-Match` was read |
| 413 | the body is too large: 1 MiB, reports 64 MiB |
| 422 | the request is valid, but cannot be done; `detail` says why |
| 429 | too many requests |
| 503 | the database does not answer |

From a shell, `batten watch status`, `environments`, `run`, `cancel`, `findings`, `compare`, `waive` and `events` use the same API: set
`BATTEN_WATCH_URL` and `BATTEN_TOKEN`.
"""


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [HEAD.format(description=_wrapped(document["info"]["description"]))]
    for tag in document["tags"]:
        parts += ["", f"## {tag['name'].capitalize()}", "", tag["description"]]
        for path, item in document["paths"].items():
            for method in METHODS:
                if tag["name"] in item.get(method, {}).get("tags", ()):
                    parts += ["", *_operation(document, path, method, item)]
    parts += ["", "## Schemas", "", *_schemas(document)]
    return "\n".join(parts).rstrip() + "\n"


def _operation(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> Iterator[str]:
    one = item[method]
    yield f"### {method.upper()} {path}"
    yield ""
    [scope] = next(alternative["token"] for alternative in one["security"] if "token" in alternative)
    yield _wrapped(f"{one['summary']}. {one.get('description', '')}".strip() + f" Scope: `{scope}`.")
    parameters = [_resolved(document, p) for p in (*item.get("parameters", ()), *one.get("parameters", ()))]
    if parameters:
        yield from ("", "| parameter | in | type | |", "|---|---|---|---|")
        for each in parameters:
            wanted = "required; " if each.get("required") and each["in"] != "path" else ""
            yield f"| `{each['name']}` | {each['in']} | {_type(document, each['schema'])} | {wanted}{each['description']} |"
    yield ""
    body = one.get("requestBody", {}).get("content", {})
    for media, value in body.items():
        yield (
            f"Body: `{media}`"
            + (f", {_type(document, value['schema'])}" if value.get("schema") not in (None, True) else "")
            + "."
        )
        yield ""
    for status, answer in one["responses"].items():
        if not status.endswith("XX"):
            yield f"{status}: {_answer(document, answer)}"


def _answer(document: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    kinds = [_type(document, value["schema"]) for value in answer.get("content", {}).values()]
    headers = [f"`{name}`" for name in answer.get("headers", {})]
    told = [*(f"{kind}" for kind in kinds), *([f"headers {', '.join(headers)}"] if headers else [])]
    return answer["description"] + (f" {'; '.join(told)}." if told else "")


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        if schema.get("type") != "object":
            continue
        yield from (f"### {name}", "")
        if "description" in schema:
            yield from (_wrapped(schema["description"]), "")
        if "properties" not in schema:
            continue
        yield from ("| member | type | |", "|---|---|---|")
        for member, value in schema["properties"].items():
            optional = "optional; " if member not in schema.get("required", ()) else ""
            yield f"| `{member}` | {_type(document, value)} | {optional}{value.get('description', '')} |".replace(
                "|  |", "| |"
            )
        yield ""


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A schema in a few words; objects by their name."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = document["components"]["schemas"][name]
        return f"[{name}](#{name.lower()})" if target.get("type") == "object" else _type(document, target)
    if "oneOf" in schema:
        return " or ".join(_type(document, one) for one in schema["oneOf"])
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_kind(document, kind, schema) for kind in kinds)


def _kind(document: Mapping[str, Any], kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "null":
        return "null"
    if "enum" in schema:
        words = [f"`{word}`" if word else "empty" for word in schema["enum"] if word is not None]
        return ", ".join(words)
    if kind == "array":
        return f"list of {_type(document, schema['items'])}"
    if kind == "object":
        return "object"
    if kind == "string":
        return "time" if schema.get("format") == "date-time" else "text"
    if kind == "integer":
        return "integer"
    return kind


def _resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Mapping[str, Any] = document["components"]["parameters"][value["$ref"].rpartition("/")[2]]
    return found


def _wrapped(text: str) -> str:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 138:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true")
    made = page(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")))
    if not options.parse_args().check:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return 0
    print("docs/watch-api.md is not current: run python tools/watch_api.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""Requests that are generated: those that the document allows are never answered with an error of the service, and what it does
not allow is refused. tools/watch_schemathesis.py does the same for longer, by another's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from batten.watch.api import routes
from batten.watch.api.document import Operation, operations, whole
from watch_api import Service, api
from watch_estate import estate
from watch_stores import sqlite

DOCUMENT: Any = whole()
# Valid by the document: done, not allowed, not there, in conflict, another version, or not possible.
POSSIBLE = {200, 201, 202, 204, 403, 404, 409, 412, 422}
FEW = settings(
    max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Of a service without bounds on how often it may be asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "RATES", ())
        folder = tmp_path_factory.mktemp("fuzzed")
        database = sqlite(folder)
        estate(database, 11)
        with api(database, folder) as service:
            yield _client(service)


def _client(service: Service) -> httpx.Client:
    headers = {"Authorization": f"Bearer {service.lasting_token()}"}
    return service.clients.enter_context(httpx.Client(base_url=service.url, headers=headers, timeout=60))


@pytest.mark.parametrize("operation", operations(), ids=lambda o: o.name)
def test_what_the_document_allows_is_answered(client: httpx.Client, operation: Operation) -> None:
    @FEW
    @given(_requests(operation))
    def answered(request: dict[str, Any]) -> None:
        answer = client.request(operation.method, **request)
        assert answer.status_code in POSSIBLE, (request, answer.text)

    answered()


@FEW
@given(
    st.sampled_from(operations()),
    st.text(max_size=40),
    st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=3),
    st.binary(max_size=60),
)
@example(operations()[0], "\0", {"\0": "%00"}, b"\0")
def test_what_it_does_not_allow_is_refused(
    client: httpx.Client, operation: Operation, segment: str, query: dict[str, str], body: bytes
) -> None:
    path = operation.path.partition("{")[0] + segment.encode("utf-8", "replace").hex()
    headers = {"Content-Type": "application/json"}
    for url, params in ((path, query), (operation.path.replace("{", "").replace("}", ""), query)):
        encoded = {k.encode("utf-8", "replace"): v.encode("utf-8", "replace") for k, v in params.items()}
        answer = client.request(operation.method, url, params=encoded, content=body, headers=headers)
        assert answer.status_code < 500, answer.text


def _requests(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Requests that are valid by the document."""
    item = DOCUMENT["paths"][operation.path.removeprefix(routes.BASE)]
    declared = item[operation.method.lower()]
    parameters = [_resolved(p) for p in (*item.get("parameters", ()), *declared.get("parameters", ()))]
    by_place = {
        place: st.fixed_dictionaries(
            {p["name"]: _values(p) for p in parameters if p["in"] == place and p.get("required")},
            optional={
                p["name"]: _values(p) for p in parameters if p["in"] == place and not p.get("required")
            },
        )
        for place in ("path", "query", "header")
    }
    return st.builds(_request, st.just(operation.path), *by_place.values(), _bodies(declared))


def _request(
    template: str, path: dict[str, Any], query: dict[str, Any], headers: dict[str, Any], body: tuple[str, Any]
) -> dict[str, Any]:
    for name, value in path.items():
        template = template.replace(f"{{{name}}}", str(value))
    found: dict[str, Any] = {"url": template, "params": query, "headers": headers}
    if body[0]:
        found |= {"headers": {**headers, "Content-Type": body[0]}, "content": body[1]}
    return found


def _values(parameter: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Numbers of the path are often of what is there."""
    made = _instances(parameter["schema"])
    if parameter["in"] == "path":
        return st.integers(1, 20) | st.sampled_from([1001, 2002, 3003]) | made
    return made.map(_written)


def _written(value: Any) -> Any:
    match value:
        case bool():
            return str(value).lower()
        case _:
            return value


def _bodies(declared: dict[str, Any]) -> st.SearchStrategy[tuple[str, Any]]:
    content = declared.get("requestBody", {}).get("content", {})
    if not content:
        return st.just(("", None))
    [(media, value)] = content.items()
    schema = value["schema"]
    if schema is True:  # the service validates it itself
        schema = {"type": "object", "properties": {}}
    return _instances(schema).map(lambda made: (media, json.dumps(made).encode()))


def _instances(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of the document allows: it uses few keywords."""
    if "$ref" in schema:
        return _instances(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            least, most = schema["minimum"], schema["maximum"]
            return st.integers(least, min(most, least + 20)) | st.integers(least, most)
        case "array":
            items, most = _instances(schema["items"]), min(schema["maxItems"], 4)
            unique = schema.get("uniqueItems", False)
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=most, unique=unique)
        case "object":
            return _objects(schema)
        case "string":
            return _texts(schema)
    raise AssertionError(schema)


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if isinstance(schema.get("additionalProperties"), dict):
        names, values = _texts(schema["propertyNames"]), _instances(schema["additionalProperties"])
        return st.dictionaries(names, values, max_size=4)
    members = {name: _instances(value) for name, value in schema["properties"].items()}
    needed = schema.get("required", [])
    made = st.fixed_dictionaries(
        {n: m for n, m in members.items() if n in needed},
        optional={n: m for n, m in members.items() if n not in needed},
    )
    return made.filter(lambda one: len(one) >= schema.get("minProperties", 0))


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    most = min(schema["maxLength"], 60)
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat().replace("+00:00", "Z"))
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True).filter(
            lambda text: len(text) <= schema["maxLength"]
        )
    return st.text(st.characters(codec="utf-8"), min_size=schema.get("minLength", 0), max_size=most)


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: dict[str, Any] = DOCUMENT["components"]["parameters"][value["$ref"].rpartition("/")[2]]
    return found

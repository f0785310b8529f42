"""docs/guard-contract.md: what of a contract each carrier of the guard judges, found by asking each of them.

`python tools/guard_contract.py` writes it, `--check` fails where it is not what is there. A section is a function that
yields its lines; each is listed in SECTIONS.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard import Options, compile_contract
from batten.guard.accounting import Accounting
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.decisions import read_request
from batten.guard.export import envoy, haproxy, kong, nginx
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, Instead, Part
from batten.guard.options import GuardProblem, Limits
from batten.guard.proxy.wire import Reader
from batten.guard.tally import Tally
from batten.guard.verdicts import Head, Refuse
from batten.guard.wsgi import Guard as WsgiGuard
from batten.harden.options import Options as Edge
from batten.policy import Policy

FILE = Path(__file__).resolve().parent.parent / "docs" / "guard-contract.md"
JUDGED, LISTED, NOT = "judged", "listed", "not supported"
HEAD = """\
# What the guard judges

Made by `python tools/guard_contract.py`, which sends the carriers in Python what must pass and what must not, and reads the notes of
each export (`tests/guard/test_exports_parameters.py` plays the cases there). *judged*: what the contract forbids is refused.
*listed*: it is not enforced there, and the output of the export says so. *not supported*: the contract is refused at the start.
"""
Ask = Callable[[str, str, str], bool]  # a path, a query, a header line: whether it passes

SCHEMAS = {
    "one value": "{type: integer}",
    "array": "{type: array, items: {type: integer}}",
    "object": "{type: object, properties: {R: {type: integer}, G: {type: integer}}}",
}
# Location, style, and what `explode: false` and `explode: true` look like for one value, an array and an object; `#` is a
# number, and "" where the specification defines nothing.
ROWS = (
    ("path", "simple", ("#", "3,#", "R,1,G,#"), ("#", "3,#", "R=1,G=#")),
    ("path", "label", (".#", ".3,#", ".R,1,G,#"), (".#", ".3.#", ".R=1.G=#")),
    ("path", "matrix", (";q=#", ";q=3,#", ";q=R,1,G,#"), (";q=#", ";q=3;q=#", ";R=1;G=#")),
    ("query", "form", ("q=#", "q=3,#", "q=R,1,G,#"), ("q=#", "q=3&q=#", "R=1&G=#")),
    ("query", "spaceDelimited", ("", "q=3%20#", "q=R%201%20G%20#"), ("", "q=3&q=#", "R=1&G=#")),
    ("query", "pipeDelimited", ("", "q=3|#", "q=R|1|G|#"), ("", "q=3&q=#", "R=1&G=#")),
    ("query", "deepObject", ("", "", ""), ("", "q[]=3&q[]=#", "q[R]=1&q[G]=#")),
    ("header", "simple", ("#", "3,#", "R,1,G,#"), ("#", "3,#", "R=1,G=#")),
    ("cookie", "form", ("q=#", "q=3,#", "q=R,1,G,#"), ("q=#", "q=3&q=#", "R=1&G=#")),
    ("cookie", "cookie", ("q=#", "q=3,#", "q=R,1,G,#"), ("q=#", "q=3; q=#", "R=1; G=#")),
)
CONTENT = (
    ("path", "application/json", "{}", "#"), ("query", "application/json", "{type: integer}", "q=#"), ("header", "application/json", "{type: integer}", "#"),
    ("cookie", "application/json", "{type: integer}", "q=#"), ("query", "text/plain", "{type: string, pattern: '^[0-9]+$'}", "q=#"),
    ("querystring", "application/x-www-form-urlencoded", "{type: object, properties: {a: {type: integer}}}", "a=#"),
    ("querystring", "application/json", "{type: object, properties: {a: {type: integer}}}", "%7B%22a%22:#%7D"), ("query", "application/xml", "{type: object}", "q=#"),
)  # fmt: skip
FORMATS = (("csv", "q=3,#"), ("ssv", "q=3%20#"), ("tsv", "q=3%09#"), ("pipes", "q=3|#"), ("multi", "q=3&q=#"))


def contract_of(parameter: str, location: str, version: str = "openapi: 3.2.0") -> Contract:
    path = "/a/{q}" if location == "path" else "/a"
    text = (
        f"{version}\ninfo: {{title: a, version: '1'}}\npaths:\n  {path}:\n"
        f"    get: {{responses: {{'204': {{description: a}}}}, parameters: [{parameter}]}}\n"
    )
    return load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")[0]


# Carriers: each is a contract made ready to be asked.


def asgi(contract: Contract) -> Ask:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    guard = AsgiGuard(app, contract, Policy())

    def ask(path: str, query: str, line: str) -> bool:
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        headers = [(b"host", b"a"), *_pairs(line)]
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers}
        asyncio.run(guard({**scope, "query_string": query.encode()}, receive, send))
        return bool(said[0]["status"] == 204)

    return ask


def wsgi(contract: Contract) -> Ask:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("204 No Content", [])
        return []

    guard = WsgiGuard(app, contract, Policy())

    def ask(path: str, query: str, line: str) -> bool:
        said: list[str] = []
        raw = f"{path}?{query}" if query else path
        headers = {f"HTTP_{n.decode().upper().replace('-', '_')}": v.decode() for n, v in _pairs(line)}
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "RAW_URI": raw,
            "HTTP_HOST": "a",
            **headers,
        }
        list(
            guard(
                {**environ, "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"},
                lambda status, headers, exc=None: said.append(status),
            )
        )
        return said[0].startswith("204")

    return ask


def run(contract: Contract) -> Ask:
    compiled = compile_contract(contract, Policy(), Options())

    def ask(path: str, query: str, line: str) -> bool:
        target = f"{path}?{query}" if query else path
        lines = (f"GET {target} HTTP/1.1", "Host: a", *((line,) if line else ()), "", "")
        head = "\r\n".join(lines).encode()
        asked = Reader().request(head)
        told = Head(asked.method, asked.raw_path, asked.query, asked.headers, "http")
        clean = asked.is_clean(Limits(), len(head))
        return not isinstance(read_request(compiled, told, asked.fields, clean), Refuse)

    return ask


def ext_proc(contract: Contract) -> Ask:
    accounting = Accounting(compile_contract(contract, Policy(), Options()), Tally())

    def ask(path: str, query: str, line: str) -> bool:
        target = f"{path}?{query}" if query else path
        pseudo = (
            (b":method", b"GET"),
            (b":path", target.encode()),
            (b":authority", b"a"),
            (b":scheme", b"http"),
        )
        said = Exchange(accounting).on(Asked(Part.REQUEST_HEADERS, (*pseudo, *_pairs(line)), b"", True))
        return not isinstance(said, Instead)

    return ask


def _pairs(line: str) -> tuple[tuple[bytes, bytes], ...]:
    name, _, value = line.partition(": ")
    return ((name.lower().encode(), value.encode()),) if line else ()


CARRIERS: dict[str, Callable[[Contract], Ask]] = {
    "ASGI": asgi,
    "WSGI": wsgi,
    "`run`": run,
    "`--ext-proc`": ext_proc,
}
_POLICY = Policy(hosts=("a.example",))
EXPORTS: dict[str, Callable[[Contract], tuple[str, ...]]] = {
    "nginx": lambda contract: nginx.export(contract, _POLICY, Edge(), nginx.Place("/etc/nginx")).notes,
    "Envoy": lambda contract: envoy.export(contract, _POLICY, Edge(), "/etc/envoy", True).notes,
    "HAProxy": lambda contract: haproxy.export(contract, _POLICY, Edge(), "/etc/haproxy", True).notes,
    "Kong": lambda contract: kong.export(contract, _POLICY, Edge()).notes,
}


# Sections


def parameters() -> Iterator[str]:
    yield "## Parameters"
    yield ""
    yield "By location, style and `explode`; how one value, an array and an object are written; and what each carrier does."
    yield ""
    yield f"| location | style | explode | value | written | {' | '.join((*CARRIERS, *EXPORTS))} |"
    yield "|---" * (5 + len(CARRIERS) + len(EXPORTS)) + "|"
    for location, style, *forms in ROWS:
        for explode, written in zip(("false", "true"), forms, strict=True):
            for kind, form in zip(SCHEMAS, written, strict=True):
                how = f"name: q, in: {location}, required: true, style: {style}, explode: {explode}, schema: {SCHEMAS[kind]}"
                if form:
                    yield _row(
                        (location, style, explode, kind), location, form, contract_of(f"{{{how}}}", location)
                    )
    for location, media_type, schema, form in CONTENT:
        schema = "{type: integer}" if schema == "{}" else schema
        how = f"{{name: q, in: {location}, required: true, content: {{{media_type}: {{schema: {schema}}}}}}}"
        yield _row((location, "`content`", "", media_type), location, form, contract_of(how, location))
    for collection, form in FORMATS:
        how = f"{{name: q, in: query, type: array, items: {{type: integer}}, collectionFormat: {collection}}}"
        yield _row(
            ("query", collection, "2.0", "array"), "query", form, contract_of(how, "query", "swagger: '2.0'")
        )
    yield ""


def _row(names: tuple[str, ...], location: str, form: str, contract: Contract) -> str:
    found = [_judged(made, contract, location, form) for made in CARRIERS.values()]
    found += [_exported(made, contract) for made in EXPORTS.values()]
    shown = form.replace("#", "4").replace("|", "\\|")
    return f"| {' | '.join((*names, f'`{shown}`', *found))} |"


def _judged(made: Callable[[Contract], Ask], contract: Contract, location: str, form: str) -> str:
    """Whether a number passes, and a word does not."""
    try:
        ask = made(contract)
    except GuardProblem:
        return NOT
    good, bad = (ask(*_request(location, form.replace("#", text))) for text in ("4", "x"))
    if not good or bad:
        raise SystemExit(f"{location} {form}: passes: {good}, and so does what must not: {bad}")
    return JUDGED


def _exported(made: Callable[[Contract], tuple[str, ...]], contract: Contract) -> str:
    try:
        notes = made(contract)
    except (GuardProblem, ValueError):
        return NOT
    return LISTED if any("parameter" in note for note in notes) else JUDGED


def _request(location: str, written: str) -> tuple[str, str, str]:
    match location:
        case "path":
            return f"/a/{written}", "", ""
        case "header":
            return "/a", "", f"q: {written}"
        case "cookie":
            return "/a", "", f"Cookie: {written}"
    return "/a", written, ""


def _of_schemas() -> tuple[Callable[[], Iterator[str]], ...]:
    """What the tests of Lua try of each keyword is tried here, too."""
    root = FILE.parent.parent
    sys.path[:0] = [str(root / folder) for folder in ("tools", "tests", "tests/guard")]
    sections = import_module("guard_keywords")
    return sections.keywords, sections.formats


SECTIONS: tuple[Callable[[], Iterator[str]], ...] = (
    parameters,
    *_of_schemas(),
)


def text() -> str:
    return "\n".join((HEAD, *(line for section in SECTIONS for line in section()))).rstrip() + "\n"


def main() -> int:
    made = text()
    if "--check" in sys.argv:
        return 0 if FILE.read_text(encoding="utf-8") == made else 1
    FILE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

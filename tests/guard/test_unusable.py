"""What of a contract cannot be judged stops the start of every carrier and every export, with one and the same message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from batten.contract import Contract
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.export import envoy, haproxy, kong, nginx
from batten.guard.extproc.server import Processor
from batten.guard.loading import read_contract
from batten.guard.options import GuardProblem, Options
from batten.guard.proxy.reloading import compiled
from batten.guard.proxy.settings import Address, Settings, Upstream
from batten.guard.wsgi import Guard as WsgiGuard
from batten.harden.options import Options as Edge
from batten.policy import Policy

HERE = Path(__file__).parent / "unusable"
FRAME = """\
openapi: {version}
info: {{title: A, version: "1"}}
paths:
  /a:
    get:
      responses:
        "200":
          description: a
          content:
            application/json: {{schema: {schema}}}
components:
  schemas:
    Circle: {{$ref: "#/components/schemas/Circle"}}
    All: {{allOf: [{{$ref: "#/components/schemas/All"}}]}}
"""
POLICY = Policy(hosts=("a.example",))
CALLER = "GET /a"


def _documents() -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load((HERE / "documents.yaml").read_text(encoding="utf-8"))
    for case in yaml.safe_load((HERE / "schemas.yaml").read_text(encoding="utf-8")):
        text = FRAME.format(version=case.get("version", "3.1.0"), schema=case["schema"])
        yield {"line": 10, **case, "contract": text}


CASES = {case["name"]: case for case in _documents()}


def _settings(path: Path, unjudged: tuple[str, ...]) -> Settings:
    options = Options(unjudged=unjudged)
    return Settings(path, Upstream(Address("127.0.0.1", 1)), Address("127.0.0.1", 0), options=options)


def _exported(engine: str, read: Contract, unjudged: tuple[str, ...]) -> None:
    options = Edge(unjudged=unjudged)
    match engine:
        case "nginx":
            nginx.export(read, POLICY, options, nginx.Place("/etc/nginx"))
        case "envoy":
            envoy.export(read, POLICY, options, "/etc/envoy", True)
        case "haproxy":
            haproxy.export(read, POLICY, options, "/etc/haproxy", True)
        case _:
            kong.export(read, POLICY, options)


Start = Callable[[Path, tuple[str, ...]], object]
CARRIERS: dict[str, Start] = {
    "asgi": lambda path, names: AsgiGuard(_never, path, POLICY, allow_unjudged=names),
    "wsgi": lambda path, names: WsgiGuard(_never, path, POLICY, allow_unjudged=names),
    "run": lambda path, names: compiled(_settings(path, names)),
    "ext-proc": lambda path, names: Processor(_settings(path, names)),
    "nginx": lambda path, names: _exported("nginx", read_contract(path), names),
    "envoy": lambda path, names: _exported("envoy", read_contract(path), names),
    "haproxy": lambda path, names: _exported("haproxy", read_contract(path), names),
    "kong": lambda path, names: _exported("kong", read_contract(path), names),
}


def _never(*_: Any) -> Any:
    raise AssertionError("the application was called")


def _told(start: Start, path: Path, names: tuple[str, ...] = ()) -> str:
    with pytest.raises(GuardProblem) as problem:
        start(path, names)
    return str(problem.value)


def test_there_are_enough() -> None:
    assert len(CASES) >= 80


@pytest.mark.parametrize("name", CASES)
def test_it_stops_every_start(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    case, path = CASES[name], Path("openapi.yaml")
    path.write_text(case["contract"], encoding="utf-8")
    told = {carrier: _told(start, path) for carrier, start in CARRIERS.items()}
    (message,) = set(told.values())
    lines = [line for line in message.splitlines() if case["says"] in line]
    assert len(lines) == 1, message
    assert f":{case['line']}: " in lines[0], message
    assert ";" in lines[0]  # what to do


WHOLE = """\
openapi: 3.0.3
info: {title: A, version: "1"}
paths:
  /a:
    get:
      responses:
        "200": {description: a, content: {application/json: {schema: {type: object, required: [code], properties: {
          code: {type: string, pattern: "^1(?!0)[0-9]+$", maxLength: 3}, iban: {type: string, format: iban}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {kind: {type: strnig}, size: {type: integer}}}}}}
      responses: {"200": {$ref: "#/components/responses/No"}, "204": {description: b}}
  /b/{id}: {get: {responses: {"200": {description: b, content: {application/json: {schema: {const: 1}}}}}}}
"""
NAMES = ("GET /a", "POST /a")


def _written(folder: Path, text: str = WHOLE) -> Path:
    path = folder / "openapi.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("carrier", CARRIERS)
def test_all_is_told_at_once_and_named_operations_are_served(carrier: str, tmp_path: Path) -> None:
    start, path = CARRIERS[carrier], _written(tmp_path)
    message = _told(start, path)
    for line, words in ((8, "look-ahead"), (10, "strnig"), (11, "responses/No")):
        assert any(f":{line}: " in each and words in each for each in message.splitlines()), message
    assert "--allow-unjudged" in message
    assert "strnig" in _told(start, path, ("GET /a",)) and "look-ahead" not in _told(start, path, ("GET /a",))
    assert "is not an operation" in _told(start, path, (*NAMES, "GET /nowhere"))
    start(path, NAMES)


def test_all_else_of_a_named_operation_is_judged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "batten.guard"):
        guard = AsgiGuard(_never, _written(tmp_path), POLICY, allow_unjudged=NAMES).compiled
    path = guard.path(b"/a")
    assert path is not None
    answer = path.served["GET"].plan(200, b"application/json").validator
    assert answer is not None and answer.is_valid({"code": "0"})
    assert not answer.is_valid({"code": "0000"}) and not answer.is_valid({})
    assert path.served["GET"].plan(201, b"application/json").objection is not None
    asked = path.served["POST"].intake("application/json").validator
    assert asked is not None and asked.is_valid({"kind": 1}) and not asked.is_valid({"size": "1"})
    told = [record.getMessage() for record in caplog.records]
    assert sum("not judged: GET /a: " in line for line in told) == 1
    assert sum("not judged: POST /a: " in line for line in told) == 2
    assert any("`const` is not a keyword of OpenAPI 3.0.3" in line for line in told)
    assert any("annotations, and not judged: 'iban'" in line for line in told)


def test_where_less_would_refuse_more_nothing_is_judged(tmp_path: Path) -> None:
    text = FRAME.format(version="3.1.0", schema="{not: {pattern: 'b(?=a)'}}")
    guard = AsgiGuard(_never, _written(tmp_path, text), POLICY, allow_unjudged=[CALLER]).compiled
    path = guard.path(b"/a")
    assert path is not None
    answer = path.served["GET"].plan(200, b"application/json").validator
    assert answer is not None and answer.is_valid("a")


def test_problems_of_the_document_cannot_be_allowed(tmp_path: Path) -> None:
    text = WHOLE.replace("/b/{id}", '"/b/{id"')
    assert "a brace without its pair" in _told(CARRIERS["asgi"], _written(tmp_path, text), NAMES)


def test_what_nobody_uses_and_common_slips_stop_nothing(tmp_path: Path) -> None:
    text = """\
openapi: 3.0.3
info: {title: A, version: "1"}
servers: [{url: "https://{zone}.example.com/v1/", variables: {zone: {default: eu}}}, {url: /}]
paths:
  x-note: 5
  /a/{b}: {get: {parameters: [{name: b, in: path, required: true, schema: {type: [string, integer]}}], responses: {"200": {description: b}}}}
  /a/{c}: {put: {responses: {2XX: {description: b, content: {application/json; charset=utf-8: {schema: {type: object, properties: {
    d: {type: string, required: true}, e: {exclusiveMinimum: 5, minimum: 5}, f: {type: array}}}}}}}}}
components: {schemas: {Unused: {$ref: "#/components/schemas/Nowhere"}, Tree: {properties: {below: {$ref: "#/components/schemas/Tree"}}}}}
"""
    CARRIERS["asgi"](_written(tmp_path, text), ())
    CARRIERS["nginx"](_written(tmp_path, text), ())


def test_a_long_list_ends(tmp_path: Path) -> None:
    properties = ", ".join(f"p{n}: {{type: t{n}}}" for n in range(50))
    text = FRAME.format(version="3.1.0", schema=f"{{properties: {{{properties}}}}}")
    message = _told(CARRIERS["run"], _written(tmp_path, text))
    assert message.count("is not a type") <= 21 and "and 30 more" in message

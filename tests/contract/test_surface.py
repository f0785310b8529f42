from __future__ import annotations

from pathlib import Path

from batten.contract import Contract, load
from batten.contract.matcher import Matcher
from batten.contract.surface import OWN, paths, sockets, switches
from batten.formats import Workspace

DOCUMENT = """
openapi: 3.1.0
info: {title: People, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Api-Key}
paths:
  /users/{name}:
    get:
      security: [{key: []}]
      responses: {"200": {description: ok}, "404": {description: none}}
    trace: {responses: {"200": {description: ok}}}
  /users/login:
    post:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      parameters:
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: "bad$name", in: header, schema: {type: string}}
      responses: {"200": {description: ok, headers: {ETag: {schema: {type: string}}}}}
  /users/{name}/log.{kind}:
    get: {responses: {default: {description: any}}}
  /{area}/login/{step}:
    get: {responses: {"200": {description: ok}}}
  /users/{name}/{part}:
    get: {responses: {"200": {description: ok}}}
  /caf%C3%A9 bar:
    get: {responses: {"200": {description: ok}}}
"""


def contract_of(folder: Path, text: str = DOCUMENT) -> Contract:
    (folder / "openapi.yaml").write_text(text, encoding="utf-8")
    return load(Workspace(folder), "openapi.yaml")[0]


def test_fixed_paths_go_first_and_templates_as_the_matcher_tries_them(tmp_path: Path) -> None:
    contract = contract_of(tmp_path)
    found = paths(contract, head=False)
    assert [p.template for p in found] == [
        "/v1/caf%C3%A9 bar",
        "/v1/users/login",
        "/v1/users/{name}",
        "/v1/users/{name}/log.{kind}",
        "/v1/users/{name}/{part}",
        "/v1/{area}/login/{step}",
    ]
    matched = Matcher(contract.operations).match("/v1/users/login/log.txt")
    assert matched is not None and matched.template == "/v1/users/{name}/log.{kind}"
    assert found[0].fixed == "/v1/café bar"
    assert found[3].pattern == r"^/v1/users/[^/]+/log\.[^/]+$"


def test_verbs_headers_and_errors_are_those_of_the_contract(tmp_path: Path) -> None:
    found = {p.template: p for p in paths(contract_of(tmp_path), head=True)}
    login, name = found["/v1/users/login"], found["/v1/users/{name}"]
    assert login.methods == ("POST",)
    assert login.request_headers == ("Content-Type", "X-Trace")
    assert login.response_headers == ("ETag",)
    assert name.methods == ("GET", "HEAD")
    assert name.request_headers == ("X-Api-Key",)
    assert 404 not in name.errors and 401 in name.errors
    assert found["/v1/users/{name}/log.{kind}"].errors == OWN


def test_websockets_are_declared_by_101_or_listed(tmp_path: Path) -> None:
    answer = 'responses: {"101": {description: a WebSocket}}'
    text = f"""
openapi: 3.1.0
info: {{title: Live, version: "1"}}
paths:
  /live: {{get: {{{answer}}}, post: {{{answer}}}}}
  /rooms/{{id}}: {{get: {{responses: {{"404": {{description: none}}}}}}}}
"""
    contract = contract_of(tmp_path, text)
    assert {o.label: switches(o) for o in contract.operations} == {
        "GET /live": True,
        "POST /live": False,
        "GET /rooms/{id}": False,
    }
    listed = sockets(contract, ("/rooms/{name}", "/events", "/a{b}"))
    assert [(p.template, p.methods, 404 in p.errors) for p in listed] == [
        ("/events", ("GET",), True),
        ("/rooms/{name}", ("GET",), False),
        ("/a{b}", ("GET",), True),
    ]

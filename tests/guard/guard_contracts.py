"""A contract with one of everything that decisions depend on."""

from __future__ import annotations

from pathlib import Path

from cases.bodies_contract import PATHS

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard import Compiled, Limits, Options, compile_contract
from batten.guard.verdicts import Head, Headers
from batten.policy import Policy

SHOP = "https://shop.example.com"
TEXT = """\
openapi: 3.1.0
info: {title: Things, version: "1"}
servers: [{url: https://api.example.com/v1}]
security: [{bearer: []}]
paths:
  /things:
    get:
      security: []
      responses:
        "200": {description: ok, headers: {X-Total: {schema: {type: integer}}}, content: {application/json: {schema: {$ref: "#/components/schemas/List"}}}}
        4XX: {description: no, content: {application/problem+json: {schema: {type: object}}}}
    post:
      parameters: [{name: X-Request-Id, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
        "422": {description: no, content: {application/problem+json: {schema: {type: object}}}}
  /things/mine:
    get:
      security: [{key: []}, {basic: [], cookie: []}]
      responses: {"204": {description: nothing}}
  /things/{id}:
    get:
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
    put:
      security: [{}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}, text/csv: {}}}
      responses: {"200": {description: ok}, 4XX: {description: no}}
    trace:
      responses: {"200": {description: ok}}
  /events:
    get:
      security: []
      responses:
        "200": {description: ok, content: {text/event-stream: {}}}
        "206": {description: part, content: {text/event-stream: {}}}
  /choice:
    get:
      security: []
      x-batten-choice: yes or no
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object}}}}
        4XX: {description: no, content: {application/problem+json: {schema: {type: object}}}}
  /report:
    get: {security: [], responses: {"200": {description: ok, content: {text/csv: {}}}}}
    head: {security: [], responses: {"200": {description: ok, content: {text/csv: {}}}}}
  /größe:
    get: {security: [], responses: {"204": {description: nothing}}}
BODIES
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
    key: {type: apiKey, in: query, name: api_key}
    cookie: {type: apiKey, in: cookie, name: sid}
  schemas:
    Thing:
      type: object
      additionalProperties: false
      required: [name]
      properties: {name: {type: string, maxLength: 10}, password: {type: string, writeOnly: true}}
    List: {type: array, items: {$ref: "#/components/schemas/Thing"}}
""".replace("BODIES\n", PATHS)


def contract() -> Contract:
    read, problems = load(Workspace(Path(), {"openapi.yaml": TEXT}), "openapi.yaml")
    assert not problems
    return read


def compiled(options: Options | None = None, origins: tuple[str, ...] = (SHOP,)) -> Compiled:
    return compile_contract(contract(), Policy(origins=origins), options or Options(limits=Limits()))


def asked(method: str, target: str | bytes, *headers: tuple[str, str], scheme: str = "https") -> Head:
    raw = target.encode("latin-1") if isinstance(target, str) else target
    path, _, query = raw.partition(b"?")
    sent: Headers = tuple((name.encode(), value.encode("latin-1")) for name, value in headers)
    return Head(method, path, query, ((b"host", b"api.example.com"), *sent), scheme)

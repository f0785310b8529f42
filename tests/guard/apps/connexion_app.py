"""connexion 3: the document comes first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import connexion

DOCUMENT = """\
openapi: 3.0.3
info: {title: Rooms, version: "1"}
servers: [{url: /v1}]
paths:
  /rooms:
    get:
      operationId: connexion_app.listed
      parameters: [{name: floor, in: query, schema: {type: integer}}]
      responses: {"200": {description: all, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Room"}}}}}}
    post:
      operationId: connexion_app.added
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Room"}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Room"}}}}}
  /rooms/{name}:
    get:
      operationId: connexion_app.one
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Room"}}}}}
    delete:
      operationId: connexion_app.removed
      security: [{key: []}]
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key, x-apikeyInfoFunc: connexion_app.known}}
  schemas:
    Room: {type: object, required: [name, floor], properties: {name: {type: string}, floor: {type: integer}}, additionalProperties: false}
"""
ROOMS: dict[str, dict[str, Any]] = {"A1": {"name": "A1", "floor": 1}}


def listed(floor: int | None = None) -> Any:
    return [room for room in ROOMS.values() if floor in (None, room["floor"])]


def added(body: dict[str, Any]) -> Any:
    ROOMS[body["name"]] = body
    return body, 201


def one(name: str) -> Any:
    if name not in ROOMS:
        return connexion.problem(404, "Not Found", f"There is no room {name}")
    return ROOMS[name]


def removed(name: str) -> Any:
    ROOMS.pop(name, None)
    return None, 204


def known(key: str, required_scopes: Any = None) -> Any:
    return {"sub": "ann"} if key == "good" else None


_folder = Path(tempfile.mkdtemp())
(_folder / "rooms.yaml").write_text(DOCUMENT)
app = connexion.AsyncApp(__name__, specification_dir=str(_folder))
app.add_api("rooms.yaml")

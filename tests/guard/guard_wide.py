"""A contract of many operations whose schemas refer to each other, as large APIs have them: the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
VERBS = ("get", "post", "put", "patch", "delete")
_NOUNS = ("order", "invoice", "user", "team", "repository", "branch", "release", "asset", "label", "alert", "package", "runner",
          "secret", "key", "check", "review", "comment", "thread", "issue", "event")  # fmt: skip
_FIELDS = ("state", "title", "number", "url", "created_at", "updated_at", "count", "size", "email_address", "ratio", "tags", "kind",
           "visible", "parent", "owner", "target", "digest", "note", "starts", "ends", "price", "currency")  # fmt: skip
_LEAVES: tuple[Json, ...] = (
    {"type": "string"}, {"type": "string", "maxLength": 200}, {"type": "string", "format": "date-time"}, {"type": "string", "format": "uri"},
    {"type": "string", "format": "uuid"}, {"type": "integer", "minimum": 0}, {"type": "integer", "format": "int64"}, {"type": "boolean"},
    {"type": "number", "multipleOf": 0.01}, {"type": ["string", "null"]}, {"type": "string", "enum": ["open", "closed", "merged"]},
    {"type": "string", "pattern": "^[0-9a-f]{40}$"}, {"type": "string", "pattern": "^[A-Z]{3}$"}, {"type": "number"},
)  # fmt: skip


def wide_contract(operations: int = 1_200, schemas: int = 400) -> Json:
    """An OpenAPI 3.1 document; each schema refers to some of those before it, and some lead back to themselves."""
    chance = random.Random(7)
    names = [f"{_NOUNS[n % len(_NOUNS)]}-{n // len(_NOUNS)}" for n in range(schemas)]
    made = {name: _schema(chance, names[:n], name) for n, name in enumerate(names)}
    made["problem"] = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "status": {"type": "integer"}},
    }
    paths: dict[str, Json] = {}
    for n in range(operations):
        path, verb = _place(n)
        paths.setdefault(path, {})[verb] = _operation(chance, path, verb, names, n)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Wide", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": made,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _place(number: int) -> tuple[str, str]:
    group, verb = divmod(number, len(VERBS))
    noun, area = _NOUNS[group % len(_NOUNS)], group // len(_NOUNS)
    return f"/areas-{area}/{{area}}/{noun}s" + ("/{id}" if area % 2 else ""), VERBS[verb]


def _schema(chance: random.Random, before: list[str], name: str) -> Json:
    fields: Json = {"id": {"type": "integer", "readOnly": True}}
    for field in chance.sample(_FIELDS, chance.randint(4, 16)):
        fields[field] = _member(chance, before, name, field)
    made: Json = {
        "type": "object",
        "properties": fields,
        "required": sorted({"id", *chance.sample(sorted(fields), 2)}),
    }
    if chance.random() < 0.1 and before:
        return {"allOf": [{"$ref": f"#/components/schemas/{chance.choice(before)}"}, made]}
    return made


def _member(chance: random.Random, before: list[str], name: str, field: str) -> Json:
    roll = chance.random()
    if roll < 0.25 and before:
        refer: Json = {"$ref": f"#/components/schemas/{chance.choice(before)}"}
        return {"type": "array", "items": refer, "maxItems": 100} if chance.random() < 0.4 else refer
    if roll < 0.28:
        return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    if roll < 0.31 and before:
        branches = [
            {"$ref": f"#/components/schemas/{one}"} for one in chance.sample(before, min(2, len(before)))
        ]
        return {"anyOf": [{"type": "null"}, *branches]}
    leaf = dict(chance.choice(_LEAVES))
    return {**leaf, "description": f"The {field} of one {name}."}


def _operation(chance: random.Random, path: str, verb: str, names: list[str], number: int) -> Json:
    success = "201" if verb == "post" else "204" if verb == "delete" else "200"
    schema: Json = {"$ref": f"#/components/schemas/{chance.choice(names)}"}
    if verb == "get" and number % 2:
        schema = {"type": "array", "items": schema, "maxItems": 100}
    answer: Json = {"description": "ok"}
    if success != "204":
        answer["content"] = {"application/json": {"schema": schema}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
    errors = {status: {"description": "no", "content": problem} for status in ("401", "404", "422")}
    made: Json = {
        "operationId": f"op{number}",
        "parameters": [*_parameters(path)],
        "responses": {success: answer, **errors},
    }
    if verb in ("post", "put", "patch"):
        body = _inline(chance, names, number)
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


def _inline(chance: random.Random, names: list[str], number: int) -> Json:
    if number % 3 == 0:
        return {"$ref": f"#/components/schemas/{chance.choice(names)}"}
    fields = {field: dict(chance.choice(_LEAVES)) for field in chance.sample(_FIELDS, chance.randint(2, 8))}
    return {"type": "object", "properties": fields, "additionalProperties": False}


def _parameters(path: str) -> Iterator[Json]:
    for name in ("area", "id"):
        if f"{{{name}}}" in path:
            yield {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "maxLength": 100},
            }
    yield {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}

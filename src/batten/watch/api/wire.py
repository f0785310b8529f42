"""From records to what clients read: the document says which members of a record an answer has, and in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from batten.model import Severity
from batten.watch.api import times
from batten.watch.api.document import whole
from batten.watch.model import Role

Shown = dict[str, Any]


class _Schema(msgspec.Struct, frozen=True, kw_only=True):
    """A schema of the document, as far as it says how values are written."""

    ref: str = msgspec.field(default="", name="$ref")
    type: str | list[str] = ""
    format: str = ""
    properties: dict[str, _Schema] = {}
    names: _Schema | None = msgspec.field(default=None, name="propertyNames")
    others: _Schema | bool = msgspec.field(default=False, name="additionalProperties")
    items: _Schema | None = None
    either: list[_Schema] = msgspec.field(default=[], name="oneOf")
    longest: int | None = msgspec.field(default=None, name="maxLength")
    most: int | None = msgspec.field(default=None, name="maxItems")


def shown(schema: str, one: object = None, **given: object) -> Shown:
    """A record as the schema of that name has it, with members that are given instead of its own: milliseconds as times, or as
    seconds where a member's name ends so, severities as words, longer texts and lists cut to what the document allows."""
    members = _members(schema)
    assert given.keys() <= members.keys(), f"{schema} has no {', '.join(given.keys() - members.keys())}"
    return {
        name: written(given[name] if name in given else _member(one, name))
        for name, written in members.items()
    }


def _member(one: Any, name: str) -> object:
    if name.endswith("_seconds"):
        return times.seconds(getattr(one, name.removesuffix("_seconds")))
    # What clients call a finding is one life of it.
    return one.life if name == "finding" and hasattr(one, "life") else getattr(one, name)


@cache
def _schemas() -> Mapping[str, _Schema]:
    document: Any = whole()
    return msgspec.convert(document["components"]["schemas"], dict[str, _Schema])


@cache
def _members(schema: str) -> Mapping[str, Callable[[Any], object]]:
    return {name: _form(member) for name, member in _schemas()[schema].properties.items()}


def _form(schema: _Schema) -> Callable[[Any], object]:
    """How a value is written that the schema describes; null stays null."""
    name = ""
    while schema.ref or schema.either:
        schema = schema.either[-1] if schema.either else schema
        if schema.ref:
            name = schema.ref.rpartition("/")[2]
            schema = _schemas()[name]
    kinds = {schema.type} if isinstance(schema.type, str) else set(schema.type)
    if schema.properties:
        return lambda value: value if value is None or isinstance(value, dict) else shown(name, value)
    if isinstance(schema.others, _Schema):
        key, member = _form(schema.names or _Schema(type="string")), _form(schema.others)
        return lambda value: {key(each): member(value[each]) for each in value}
    if schema.items is not None:
        item, most = _form(schema.items), schema.most
        return lambda value: None if value is None else [item(each) for each in list(value)[:most]]
    if schema.format == "date-time":
        return lambda value: times.shown(value) if isinstance(value, int) else value
    if "string" in kinds or not kinds - {""}:
        longest = schema.longest
        return lambda value: None if value is None else _text(value)[:longest]
    return lambda value: value


def _text(value: object) -> str:
    match value:
        case Severity() | Role():
            return value.label
        case Enum():
            return str(value.value)
        case _:
            return str(value)

"""Texts with interpolations: what they come to, also where they are JSON and not all of them is known."""

from __future__ import annotations

import json

from batten.model import UNKNOWN, Unknown
from batten.technologies.cloud.terraform.values import LONGEST, Reference, Value, text

# Of what is called so in a policy the known part of a text matters, too: it says which kind of resource is meant.
SPELLED = frozenset(("Resource", "NotResource"))
_MARK = "\ue000"  # stands for what is not known; nobody types it


def filled(parts: list[Value]) -> Value:
    """The text of its parts. A JSON document in which something is not known is a dict with UNKNOWN."""
    if len(parts) == 1:
        return parts[0]
    texts = [text(part) for part in parts]
    known = [t for t in texts if t is not None]
    if sum(map(len, known)) > LONGEST:
        return UNKNOWN
    if len(known) == len(texts):
        return "".join(known)
    if not (known and texts[0] and texts[0].lstrip().startswith(("{", "["))):
        return UNKNOWN
    try:
        held = json.loads("".join(map(_written, parts)), strict=False)
    except (ValueError, RecursionError):
        return UNKNOWN
    return _unmarked(held) if isinstance(held, dict | list) else UNKNOWN


def document(written: str) -> Value:
    """A text that is a JSON object, or a list of them, as that; else the text."""
    if not written.lstrip().startswith(("{", "[")):
        return written
    try:
        held = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        return written
    objects = [held] if isinstance(held, dict) else held
    return held if isinstance(objects, list) and all(isinstance(o, dict) for o in objects) else written


def _written(part: Value) -> str:
    if isinstance(part, list | dict):
        return json.dumps(_marked(part))
    plain = text(part)
    return _MARK if plain is None else plain


def _marked(value: Value) -> object:
    match value:
        case list():
            return [_marked(item) for item in value]
        case dict():
            return {key: _marked(item) for key, item in value.items()}
        case Unknown() | Reference():
            return _MARK
        case _:
            return value


def _unmarked(value: object) -> Value:
    match value:
        case str():
            return UNKNOWN if _MARK in value else value
        case list():
            return [_unmarked(item) for item in value]
        case dict() if any(_MARK in key for key in value):
            return UNKNOWN
        case dict():
            return {
                str(key): _spelled(item) if key in SPELLED else _unmarked(item) for key, item in value.items()
            }
        case bool() | int() | float() | None:
            return value
        case _:
            return UNKNOWN


def _spelled(value: object) -> Value:
    """The same, where a text keeps what is known of it; a NUL stands for the rest."""
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, str) and _MARK in value and value != _MARK:
        return value.replace(_MARK, "\0")
    return _unmarked(value)


def partly(parts: list[Value]) -> Value:
    """The text of its parts with a NUL for each that is not known; UNKNOWN where that is too long."""
    made = "".join("\0" if (known := text(part)) is None else known for part in parts)
    return made if len(made) <= LONGEST else UNKNOWN

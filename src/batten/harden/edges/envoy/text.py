"""Configuration as YAML, with room for people's own parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from batten.harden.regions import region
from batten.model.record import record

Json = dict[str, Any]
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
MOST_INLINE = 110  # characters
MOST_ITEMS = 6
_WORDS = frozenset(("y", "n", "yes", "no", "true", "false", "on", "off", "null"))


@record
class Own:
    """An item of a list that is no item: what people write there is kept."""

    name: str
    what: str


def yaml(value: Json) -> str:
    return "\n".join(_mapping(value, 0)) + "\n"


def _mapping(value: Json, depth: int) -> Iterator[str]:
    for key, item in value.items():
        head = f"{'  ' * depth}{_word(key)}:"
        if short := _short(item):
            yield f"{head} {short}"
        else:
            yield head
            yield from _mapping(item, depth + 1) if isinstance(item, dict) else _list(item, depth)


def _list(items: list[Any], depth: int) -> Iterator[str]:
    """Of an item that is a mapping the dash takes the place of its first line's indentation."""
    dash = f"{'  ' * depth}- "
    for item in items:
        if isinstance(item, Own):
            yield from (f"{'  ' * depth}{line}" for line in region(item.name, item.what))
        elif short := _short(item):
            yield f"{dash}{short}"
        else:
            lines = _mapping(item, depth + 1)
            yield dash + next(lines)[len(dash) :]
            yield from lines


def _short(value: Any) -> str:
    """One line, where that is enough. JSON's spelling is YAML's, too."""
    if not isinstance(value, dict | list):
        return _word(value)
    if _is_long(value):
        return ""
    text = json.dumps(value)
    return text if len(text) <= MOST_INLINE else ""


def _is_long(value: Json | list[Any]) -> bool:
    """Whether it cannot be short: found without spelling all of it."""
    below: list[Any] = list(value.values()) if isinstance(value, dict) else value
    return len(below) > MOST_ITEMS or any(
        isinstance(item, Own) or (isinstance(item, dict | list) and _is_long(item)) for item in below
    )


def _word(value: Any) -> str:
    """Names need no quotes."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)

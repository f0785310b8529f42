"""Plain values changed at a path: what an edit is expected to give."""

from __future__ import annotations

import json as stdlib
from typing import TypeAlias

from batten.formats.tree import Plain

Path: TypeAlias = tuple[str | int, ...]


def value_at(value: Plain, path: Path) -> Plain:
    """What stands at a path; None where nothing does."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def with_value(value: Plain, path: Path, wanted: Plain) -> Plain:
    """A copy that holds `wanted` at the path; what is missing on the way is made."""
    if not path:
        return wanted
    part = path[0]
    if isinstance(part, int):
        items = list(value) if isinstance(value, list) else []
        items[part : part + 1] = [with_value(items[part] if part < len(items) else None, path[1:], wanted)]
        return items
    entries = dict(value) if isinstance(value, dict) else {}
    entries[part] = with_value(entries.get(part), path[1:], wanted)
    return entries


def without(value: Plain, path: Path) -> Plain:
    """A copy without what stands at the path."""
    part = path[0]
    if isinstance(value, list) and isinstance(part, int):
        below = [] if len(path) == 1 else [without(value[part], path[1:])]
        return [*value[:part], *below, *value[part + 1 :]]
    entries = dict(value) if isinstance(value, dict) else {}
    if len(path) == 1:
        return {key: kept for key, kept in entries.items() if key != part}
    entries[str(part)] = without(entries[str(part)], path[1:])
    return entries


def same(one: Plain, other: Plain) -> bool:
    """Equal, and of one type: 1 is neither true nor 1.0."""
    return stdlib.dumps(one, sort_keys=True) == stdlib.dumps(other, sort_keys=True)

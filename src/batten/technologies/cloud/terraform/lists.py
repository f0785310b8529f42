"""Terraform's functions on lists, sets and maps."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

from batten.model import UNKNOWN, Unknown
from batten.technologies.cloud.terraform.values import (
    LARGEST,
    Failure,
    Function,
    Value,
    certain,
    is_number,
    same,
)


def members(values: list[Value]) -> list[Value] | Unknown:
    """The only argument, a list."""
    return values[0] if len(values) == 1 and isinstance(values[0], list) else UNKNOWN


def unique(items: list[Value]) -> Value:
    """Each once, in their order."""
    if all(isinstance(item, str) for item in items):
        return list(dict.fromkeys(items))
    if len(items) > 500:
        return UNKNOWN
    kept: list[Value] = []
    for item in items:
        if all(same(item, other) is False for other in kept):
            kept.append(item)
        elif not certain(item):
            return UNKNOWN
    return kept


def concat(values: list[Value]) -> Value:
    lists = [v for v in values if isinstance(v, list)]
    if len(lists) != len(values) or sum(map(len, lists)) > LARGEST:
        return UNKNOWN
    return [item for one in lists for item in one]


def merge(values: list[Value]) -> Value:
    made: dict[str, Value] = {}
    for value in values:
        if value is None:
            continue
        if not isinstance(value, dict):
            return UNKNOWN
        made |= value
    return made


def coalesce(values: list[Value]) -> Value:
    """The first that is neither null nor "". One that is not known may be either."""
    for value in values:
        if value not in (None, ""):
            return value
    raise Failure


def coalesce_list(values: list[Value]) -> Value:
    for value in values:
        if value not in (None, []):
            return value
    raise Failure


def lookup(values: list[Value]) -> Value:
    match values:
        case [dict() as held, str() as key, *rest]:
            if key not in held and not rest:
                raise Failure
            return held[key] if key in held else rest[0]
        case _:
            return UNKNOWN


def element(values: list[Value]) -> Value:
    match values:
        case [list() as items, int() as index]:
            if not items:
                raise Failure
            picked: Value = items[index % len(items)]
            return picked
        case _:
            return UNKNOWN


def to_set(values: list[Value]) -> Value:
    items = members(values)
    if isinstance(items, Unknown):
        return UNKNOWN
    kept = unique(items)
    words = [item for item in kept if isinstance(item, str)] if isinstance(kept, list) else []
    return [*sorted(words)] if isinstance(kept, list) and len(words) == len(kept) else kept


def length(values: list[Value]) -> Value:
    match values:
        case [list() | dict() | str() as held]:
            return len(held)
        case _:
            return UNKNOWN


def of_list(change: Callable[[list[Value]], Value]) -> Function:
    def function(values: list[Value]) -> Value:
        items = members(values)
        return UNKNOWN if isinstance(items, Unknown) else change(items)

    return function


def summed(items: list[Value]) -> Value:
    known = [v for v in items if is_number(v)]
    return sum(known) if len(known) == len(items) else UNKNOWN


def flattened(items: list[Value]) -> Value:
    made: list[Value] = []
    waiting = items[::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Unknown) or len(made) > LARGEST:
            return UNKNOWN  # it may be a list of any length
        if isinstance(item, list):
            waiting += item[::-1]
        else:
            made.append(item)
    return made


def compacted(items: list[Value]) -> Value:
    if any(isinstance(item, Unknown) for item in items):
        return UNKNOWN
    return [item for item in items if item not in (None, "")]


def in_order(items: list[Value]) -> Value:
    words = [item for item in items if isinstance(item, str)]
    return [*sorted(words)] if len(words) == len(items) else UNKNOWN


def held_keys(values: list[Value]) -> Value:
    return [*sorted(values[0])] if len(values) == 1 and isinstance(values[0], dict) else UNKNOWN


def held_values(values: list[Value]) -> Value:
    if len(values) != 1 or not isinstance(values[0], dict):
        return UNKNOWN
    held = values[0]
    return [held[key] for key in sorted(held)]


def contains(values: list[Value]) -> Value:
    match values:
        case [list() as items, wanted]:
            answers = [same(item, wanted) for item in items]
            return True if True in answers else UNKNOWN if UNKNOWN in answers else False
        case _:
            return UNKNOWN


def zipmap(values: list[Value]) -> Value:
    match values:
        case [list() as keys, list() as held] if len(keys) == len(held):
            made = {k: v for k, v in zip(keys, held, strict=True) if isinstance(k, str)}
            return made if len(made) == len(keys) else UNKNOWN
        case _:
            return UNKNOWN


def setproduct(values: list[Value]) -> Value:
    lists = [v for v in values if isinstance(v, list)]
    if len(lists) != len(values) or math.prod(map(len, lists)) * max(len(lists), 1) > LARGEST:
        return UNKNOWN
    return [list(one) for one in product(*lists)]


def single(items: list[Value]) -> Value:
    if len(items) > 1:
        raise Failure
    return items[0] if items else None


def ranged(values: list[Value]) -> Value:
    known = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    if len(known) != len(values) or not 1 <= len(known) <= 3 or (len(known) == 3 and not known[2]):
        return UNKNOWN
    if len(known) == 2 and known[1] < known[0]:
        known.append(-1)
    made = range(*known)
    return list(made) if len(made) <= 1024 else UNKNOWN  # Terraform refuses more


def sliced(values: list[Value]) -> Value:
    match values:
        case [list() as items, int() as start, int() as end]:
            if not 0 <= start <= end <= len(items):
                raise Failure
            return items[start:end]
        case _:
            return UNKNOWN


def every(items: list[Value]) -> Value:
    if any(item is False or item == "false" for item in items):
        return False
    return all(item is True or item == "true" for item in items) or UNKNOWN


def some(items: list[Value]) -> Value:
    if any(item is True or item == "true" for item in items):
        return True
    return UNKNOWN if any(isinstance(item, Unknown) for item in items) else False


def union(values: list[Value]) -> Value:
    joined = concat(values)
    return to_set([joined])


def common(keep: bool) -> Function:
    """Members of the first set that are, or are not, in the second."""

    def function(values: list[Value]) -> Value:
        match values:
            case [list() as one, list() as two] if certain(values):
                return [item for item in one if (item in two) is keep]
            case _:
                return UNKNOWN

    return function

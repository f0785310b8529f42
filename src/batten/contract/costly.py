"""Keywords that the validator's engine judges at a cost that grows with the square of a body, or with the size of its
numbers. They are judged here instead, in time that grows as the body does, with the same verdicts.

`uniqueItems`: the engine gives one hash to all integers beyond 64 bits, and to lists that differ in their brackets only.
`enum` and `const`: it compares one by one, and numbers as fractions. `multipleOf`: as fractions of up to 600 digits.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal
from typing import Any

import msgspec

Json = Any  # what the validator's library takes
_FORM = msgspec.json.Encoder(order="deterministic").encode
_NUMBERS = re.compile(rb"[0-9][.e]|[0-9]{16}")  # what may be written in two ways
_EXACT = 2**53
_DIGITS = Context(prec=5_000)  # more than a number that is read has, and all that a quotient of two needs
_FEW = 10  # strings of an enum, beyond which the engine has a table of them
# Items among which the engine finds two that are equal by a table.
_SCALAR: Json = {"anyOf": [
    {"type": ["string", "boolean", "null"]}, {"type": "number", "minimum": -_EXACT, "maximum": _EXACT},
]}  # fmt: skip
_ONE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")
AMONG, DISTINCT = "batten:enum", "batten:uniqueItems"
MOST_COMPARED = 4_000_000  # bytes that `uniqueItems` compares in one value, where lists in lists ask for it
TOO_MUCH = "lists in lists are too long to be compared"
WRITTEN = {AMONG: "enum", DISTINCT: "uniqueItems"}


def form(value: Json) -> bytes:
    """One text for all values that JSON Schema takes for equal: `1.0` is 1, and members have no order."""
    text = _FORM(value)
    return text if type(value) is str or _NUMBERS.search(text) is None else _FORM(_whole(value))


def _whole(value: Json) -> Json:
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if kind is int and abs(value) >= _EXACT:
        # The float that equals this integer, so that both are written alike; else the integer.
        try:
            found = float(value)
        except OverflowError:
            return value
        return found if int(found) == value else value
    if kind is list:
        return [_whole(item) for item in value]
    if kind is dict:
        return {name: _whole(member) for name, member in value.items()}
    return value


class Distinct:
    """`uniqueItems` for items of any kind."""

    def __init__(self, parent: Json, value: Json, path: Json) -> None:
        pass

    def validate(self, instance: Json) -> None:
        """Raises ValueError where two items are equal."""
        if not isinstance(instance, list) or len(instance) < 2:
            return
        seen: set[bytes] = set()
        for item in instance:
            written = form(item)
            if written in seen:
                raise ValueError("the value has non-unique elements")
            seen.add(written)
            if _STATE.left is not None:
                _STATE.left -= len(written)
                if _STATE.left < 0:
                    raise ValueError(TOO_MUCH)


def _parts(value: Json, most: int) -> int:
    """How many values a value consists of, itself included; any number above `most` where there are more."""
    if not isinstance(value, list | dict):
        return 1
    found, pending = 0, [value]
    while pending and found <= most:
        held = pending.pop()
        found += 1 + len(held)
        if found <= most:
            pending += [
                v for v in (held.values() if isinstance(held, dict) else held) if isinstance(v, list | dict)
            ]
    return found


class Among:
    """`enum` and `const` of values of any kind."""

    def __init__(self, parent: Json, value: Json, path: Json) -> None:
        self._forms = frozenset(map(form, value))
        self._most = max((_parts(one, MOST_COMPARED) for one in value), default=0)

    def validate(self, instance: Json) -> None:
        """Raises ValueError for a value that is not listed."""
        if _parts(instance, self._most) > self._most or form(instance) not in self._forms:
            raise ValueError("the value is not one of the listed values")


class Multiple:
    """`multipleOf`, of decimals as they are written."""

    def __init__(self, parent: Json, value: Json, path: Json) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ValueError("multipleOf is not a number above 0")
        self._value = int(value) if isinstance(value, float) and value.is_integer() else value
        self._exact = _decimal(value)

    def validate(self, instance: Json) -> None:
        """Raises ValueError for a number that is not a multiple."""
        kind = type(instance)
        if (kind is int or kind is float) and not self._fits(instance):
            raise ValueError(f"the value is not a multiple of {self._value}")

    def _fits(self, instance: int | float) -> bool:
        if type(self._value) is int:
            return (isinstance(instance, int) or instance.is_integer()) and int(instance) % self._value == 0
        if instance == 0 or abs(instance) < self._value:
            return instance == 0
        return _DIGITS.remainder(_decimal(instance), self._exact) == 0


class _State(threading.local):
    left: int | None = None  # bytes to compare; None where they are not counted


_STATE = _State()


@contextmanager
def judgement() -> Iterator[None]:
    """Within it, what `uniqueItems` compares is counted, for one value."""
    before, _STATE.left = _STATE.left, MOST_COMPARED
    try:
        yield
    finally:
        _STATE.left = before


def is_exhausted() -> bool:
    """Whether the judgement that is under way compared more than `MOST_COMPARED`."""
    return _STATE.left is not None and _STATE.left < 0


def _decimal(number: int | float) -> Decimal:
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


_KEYWORDS: dict[str, type] = {AMONG: Among, DISTINCT: Distinct, "multipleOf": Multiple}


def used(schema: Json) -> dict[str, type]:
    """The keywords of a schema that are judged here: the engine is slower where it is told of any."""
    text = repr(schema)
    return {name: judge for name, judge in _KEYWORDS.items() if repr(name) in text}


def bounded(schema: Json) -> Json:
    """The schema with the keywords that are judged here."""
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for key in _ONE:
        if key in made:
            made[key] = bounded(made[key])
    for key in _SEVERAL:
        if isinstance(made.get(key), list):
            made[key] = [bounded(branch) for branch in made[key]]
    for key in _NAMED:
        if isinstance(made.get(key), dict):
            made[key] = {name: bounded(member) for name, member in made[key].items()}
    further = [*_unique(made), *_listed(made)]
    if further:
        made["allOf"] = [*made.get("allOf", ()), *further]
    return made


def _unique(made: dict[str, Json]) -> Iterator[Json]:
    if made.get("uniqueItems") is True:
        del made["uniqueItems"]
        # Behind two `not`, `contains` is nothing that `unevaluatedItems` hears of.
        other = {"not": {"not": {"contains": {"not": _SCALAR}}}}
        judged = {"if": other, "then": {DISTINCT: True}, "else": {"uniqueItems": True}}
        yield {"if": {"maxItems": 1}, "else": judged}


def _listed(made: dict[str, Json]) -> Iterator[Json]:
    for key in ("enum", "const"):
        values = made.get(key) if key == "enum" else [made[key]] if key in made else None
        if not isinstance(values, list):
            continue
        texts = [value for value in values if isinstance(value, str)]
        holders = [value for value in values if isinstance(value, list | dict)]
        words = [value for value in values if value is None or isinstance(value, bool)]
        if len(texts) + len(words) == len(values) and (not words or len(values) <= _FEW):
            continue
        few = len(holders) <= _FEW  # the engine sees soon that a list or an object is another one
        listed = [value for value in values if not (few and isinstance(value, list | dict))]
        del made[key]
        plain = len(texts) + len(words) == len(listed)
        split = (("enum", texts), ("enum", words)) if plain else ((AMONG, listed),)
        ways = [{name: some} for name, some in (*split, ("enum", holders if few else [])) if some]
        yield ways[0] if len(ways) == 1 else {"anyOf": ways}

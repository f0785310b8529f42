"""The common parameters, judged on their bytes: closures that are made once, and accept less than `judging` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.parameters import Slot, Style
from batten.contract.readings import SCALARS, TEXT, Kind, Way
from batten.contract.validators import Validators
from batten.guard.parameters.judging import is_one
from batten.guard.parameters.texts import Flaw, from_query, reader, scalar, validator_of
from batten.guard.parameters.written import is_several

Check = Callable[[bytes], bool]
Decode = Callable[[bytes], str]

_LENGTHS = frozenset(("type", "minLength", "maxLength", "enum"))
_BOUNDS = frozenset(("type", "minimum", "maximum"))
_WHOLE = Way(Kind.INTEGER)
_SHORT = 18  # digits, below which a number is read on any path


def one(slot: Slot, bundles: Bundles, validators: Validators, decode: Decode) -> Check | None:
    """For one text. None where the parameter may be written in several, or is not read as one."""
    if (
        slot.problem
        or slot.style in (Style.LABEL, Style.MATRIX, Style.DEEP)
        or not slot.readings.kinds <= SCALARS
    ):
        return None
    if slot.style is Style.CONTENT or slot.location == "cookie":
        return None
    check = _check(slot, bundles, validators, decode)
    if slot.allow_empty:
        return lambda raw: not raw or check(raw)
    return check


def several(slot: Slot, validators: Validators) -> Callable[[list[bytes]], bool] | None:
    """For an exploded array in the query, from all its texts."""
    ways = slot.readings.ways
    if (
        slot.problem
        or slot.allow_empty
        or is_one(slot)
        or not is_several(slot)
        or len(ways) != 1
        or ways[0].kind is not Kind.ARRAY
    ):
        return None
    item, validator = reader(ways[0].items or TEXT, validators), validator_of(slot.schema, validators)

    def check(raws: list[bytes]) -> bool:
        try:
            found = [item(from_query(raw)) for raw in raws]
        except Flaw:
            return False
        return validator is None or validator.is_valid(found)

    return check


def _check(slot: Slot, bundles: Bundles, validators: Validators, decode: Decode) -> Check:
    schema = bundles.bundle(slot.schema, Direction.REQUEST) if slot.schema is not None else {}
    kinds = slot.readings.kinds
    validator = validator_of(slot.schema, validators)
    if validator is None:
        return _decodable(decode)
    # Formats that `dialect` turned into bounds, and those that nothing checks.
    keywords = (
        schema.keys() - {"format"}
        if schema.get("format") in ("int32", "int64", "password", "byte", "binary")
        else schema.keys()
    )
    if kinds == {Kind.INTEGER} and schema.get("type") == "integer" and keywords <= _BOUNDS:
        return _integer(schema, decode)
    if kinds == {Kind.STRING} and keywords <= _LENGTHS:
        return _string(schema, decode)
    is_valid, value = validator.is_valid, reader(slot.readings, validators)

    def check(raw: bytes) -> bool:
        try:
            return is_valid(value(decode(raw)))
        except Flaw:
            return False

    return check


def _decodable(decode: Decode) -> Check:
    def check(raw: bytes) -> bool:
        try:
            decode(raw)
        except Flaw:
            return False
        return True

    return check


def _integer(schema: Mapping[str, Any], decode: Decode) -> Check:
    least, most = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))

    def check(raw: bytes) -> bool:
        if raw.isdigit() and len(raw) < _SHORT and (raw[0] != 48 or len(raw) == 1):
            return bool(least <= int(raw) <= most)
        try:
            value = scalar(decode(raw), _WHOLE)
        except Flaw:
            return False
        return isinstance(value, int) and bool(least <= value <= most)

    return check


def _string(schema: Mapping[str, Any], decode: Decode) -> Check:
    least, most = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
    chosen = schema.get("enum")
    words = None if chosen is None else frozenset(word for word in chosen if isinstance(word, str))

    def check(raw: bytes) -> bool:
        try:
            text = decode(raw)
        except Flaw:
            return False
        return bool(least <= len(text) <= most) and (words is None or text in words)

    return check

"""The texts of parameters as they were before they were written: decoded exactly once, and read as one kind of value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from batten.contract import Schema
from batten.contract.readings import LOOSE, SCALARS, Kind, Readings, Way
from batten.contract.validators import Validator, Validators

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# The forms of JSON (RFC 8259, 6). An integer has no fraction and no exponent (OpenAPI 3.0 and 3.1, Data Types), for
# what `1e3` is depends on who reads it.
INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")
LONGEST = 1_000  # digits of a number: reading more takes quadratic time
_NONE = object()


class Flaw(ValueError):
    """Why a parameter cannot be read: the predicate of a sentence about it."""


def from_query(raw: bytes) -> str:
    """A `+` is a blank (OpenAPI 3.1.2, URL Percent-Encoding). Raises Flaw."""
    return from_path(raw.replace(b"+", b" ")) if b"+" in raw else from_path(raw)


def from_path(raw: bytes) -> str:
    """Raises Flaw."""
    if b"%" in raw:
        if _BAD_ESCAPE.search(raw):
            raise Flaw("has an invalid percent-encoding")
        raw = unquote_to_bytes(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Flaw("is not UTF-8") from None


def from_header(raw: bytes) -> str:
    """As it is: headers are not percent-encoded (OpenAPI 3.1.2, Fixed Fields for use with `schema`)."""
    return raw.decode("latin-1")


def read(readings: Readings, text: str, validators: Validators) -> object:
    """The first kind that the text is of and that the schema allows; else the text itself."""
    found = [value for way in readings.ways if (value := scalar(text, way)) is not _NONE]
    if len(found) > 1:
        validator = validator_of(readings.schema, validators)
        allowed = (value for value in found if validator is None or validator.is_valid(value))
        return next(allowed, found[0])
    return found[0] if found else text


def reader(readings: Readings, validators: Validators) -> Callable[[str], object]:
    """`read`, where what is known of the kinds is known before."""
    if len(readings.ways) != 1:
        return lambda text: read(readings, text, validators)
    way = readings.ways[0]
    if way.kind is Kind.STRING:
        return str

    def one(text: str) -> object:
        value = scalar(text, way)
        return text if value is _NONE else value

    return one


def validator_of(schema: Schema | None, validators: Validators) -> Validator | None:
    """None where there is nothing to be held against."""
    return validators.parameter(schema) if schema is not None else None


def scalar(text: str, way: Way) -> object:
    kind = way.kind
    if kind is Kind.STRING:
        return text
    if kind not in SCALARS or len(text) > LONGEST:
        return _NONE
    if kind is Kind.NULL:
        return None if text == "null" else _NONE
    if kind is Kind.BOOLEAN:
        return LOOSE.get(text.lower(), _NONE) if way.loose else _BOOLEANS.get(text, _NONE)
    if INTEGER.fullmatch(text):
        return int(text)
    if kind is Kind.NUMBER and _NUMBER.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else _NONE
    return _NONE


_BOOLEANS: dict[str, object] = {"true": True, "false": False}

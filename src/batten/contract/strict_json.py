"""JSON bodies that every reader takes for the same value, or none at all (RFC 8259, RFC 7493)."""

from __future__ import annotations

import gc
import json
import math
import re
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs
import msgspec

DEEPEST = 100
_DECODE = msgspec.json.Decoder().decode
# A number near the ends of what a double holds costs msgspec 15 microseconds, and `float` a quarter of one.
_DECODE_EXTREME = msgspec.json.Decoder(float_hook=float).decode
_ENCODE = msgspec.json.Encoder().encode
_MANY = 65_536  # bytes, in which many lists and objects fit
_SHORT = 1_024  # bytes, in which few numbers fit: what they cost is less than looking at each body
MOST_EXTREME = 10_000  # numbers of one body with an exponent of three digits
_EXTREME = re.compile(rb"[0-9][eE][-+]?0*[1-9][0-9]{2}")
_EXTREME_LENGTH = 6  # bytes of one at least, with its comma
_LONG = b"0" * 280
_OPENED = 1_000  # brackets, of which a decoder may follow each with a call, on a thread's small stack
# One that is not closed reaches to the end, as a decoder has it.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")


def strict_json(body: bytes) -> object:
    """The value of a JSON text. Raises ValueError for bad syntax, a key that stands twice, NaN and
    numbers out of range, a byte order mark, bytes that are not UTF-8, half surrogate pairs, and depth."""
    if len(body) < _MANY or not gc.isenabled():
        return _read(body)
    gc.disable()  # what is read holds no circles, and looking for some costs six times what reading does
    try:
        return _read(body)
    finally:
        gc.enable()


def _read(body: bytes) -> object:
    if body.count(b"[") + body.count(b"{") > _OPENED:
        # Whether it nests so deep that it must not be decoded: since Python 3.12 a decoder written in C goes 10,000
        # levels deep before it stops, which takes more than the stack of a server's thread. Each turn takes out the
        # innermost level.
        bare = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
        for _ in range(DEEPEST):
            if not bare:
                break
            bare = bare.replace(b"[]", b"").replace(b"{}", b"")
        if bare.count(b"[") + bare.count(b"{") > DEEPEST:
            raise ValueError(f"it nests deeper than {DEEPEST} levels")
    extreme = len(body) > _SHORT and _may_be_extreme(body)
    try:
        value: object = _DECODE_EXTREME(body) if extreme else _DECODE(body)
    except (ValueError, RecursionError):
        return _slowly(body)  # which says what is wrong
    # The decoder lets keys stand twice. What is written again as it came has lost no member. A string that is
    # written again holds as many quotes as before, but for `\u0022`; so equally many of them prove it, too.
    again = _ENCODE(value)
    if again != body:
        if b"\\" in body and b"\\u0022" in body:
            return _slowly(body)
        if body.count(b'"') != again.count(b'"'):
            return _slowly(body)
        if extreme and body.count(b"null") != again.count(b"null"):  # which infinity is written as
            return _slowly(body)
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deep(value):
        raise ValueError(f"it nests deeper than {DEEPEST} levels")
    return value


def _may_be_extreme(body: bytes) -> bool:
    """Whether a number may have an exponent of three digits, or 300 digits in a row. Raises ValueError for too many."""
    digits = body.translate(_DIGITS, b"+-")
    if b"0e000" not in digits:
        return len(body) > 300 and _LONG in digits
    if len(body) > MOST_EXTREME * _EXTREME_LENGTH and len(_EXTREME.findall(body)) > MOST_EXTREME:
        _count_extremes(body)
    return True


def _count_extremes(body: bytes) -> None:
    """Raises ValueError for more than the validator can compare in time; digits in strings do not count."""
    found = 0

    def read(text: str) -> float:
        nonlocal found
        found += _EXTREME.search(text.encode()) is not None
        if found > MOST_EXTREME:
            raise ValueError(f"more than {MOST_EXTREME} numbers have an exponent of three digits")
        return float(text)

    msgspec.json.Decoder(float_hook=read).decode(body)


def _slowly(body: bytes) -> object:
    if body.startswith(b"\xef\xbb\xbf"):
        raise ValueError("it starts with a byte order mark")
    text = body.decode("utf-8")
    try:
        value: object = _CAREFUL.decode(text)
    except RecursionError:
        raise ValueError(f"it nests deeper than {DEEPEST} levels") from None
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # raises for half a pair
    if text.count("[") + text.count("{") > DEEPEST and _is_deep(value):
        raise ValueError(f"it nests deeper than {DEEPEST} levels")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object has a duplicate key")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    return value


def _is_deep(value: object) -> bool:
    """Asked of the validator's engine, which walks five times as fast as Python does."""
    return not _shallow().is_valid(value)


@lru_cache(maxsize=1)
def _shallow() -> jsonschema_rs.Draft202012Validator:
    levels: dict[str, Any] = {}
    for level in range(DEEPEST):
        below = {"$ref": f"#/$defs/{level + 1}"}
        levels[str(level)] = {"items": below, "additionalProperties": below}
    levels[str(DEEPEST)] = {"not": {"type": ["array", "object"]}}
    return jsonschema_rs.Draft202012Validator({"$ref": "#/$defs/0", "$defs": levels})


_CAREFUL = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)

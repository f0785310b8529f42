"""JSON bodies that every reader takes for the same value, or none at all (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import msgspec

DEEPEST = 100
_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder().encode


def strict_json(body: bytes) -> object:
    """The value of a JSON text. Raises ValueError for bad syntax, a key that stands twice, NaN and
    numbers out of range, a byte order mark, bytes that are not UTF-8, half surrogate pairs, and depth."""
    try:
        value: object = _DECODE(body)
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
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deep(value):
        raise ValueError(f"it nests deeper than {DEEPEST} levels")
    return value


def _slowly(body: bytes) -> object:
    if body.startswith(b"\xef\xbb\xbf"):
        raise ValueError("it starts with a byte order mark")
    text = body.decode("utf-8")
    try:
        value: object = _CAREFUL.decode(text)
    except RecursionError:
        raise ValueError(f"it nests deeper than {DEEPEST} levels") from None
    if text.count("[") + text.count("{") > DEEPEST and _is_deep(value):
        raise ValueError(f"it nests deeper than {DEEPEST} levels")
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # raises for half a pair
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
    level = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for holder in level
            if isinstance(holder, (dict, list))
            for child in (holder.values() if isinstance(holder, dict) else holder)
        ]
        if not level:
            return False
    return any(isinstance(holder, (dict, list)) for holder in level)


_CAREFUL = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)

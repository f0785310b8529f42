"""As much BSON as a question and its answer need (bsonspec.org, version 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from struct import pack, unpack_from
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | dict[str, Value] | None"

DEPTH = 12
_WIDTHS = {
    0x07: 12,
    0x09: 8,
    0x11: 8,
    0x12: 8,
    0x13: 16,
    0x06: 0,
    0x0A: 0,
    0x7F: 0,
    0xFF: 0,
}  # types kept as None


def encode(document: Mapping[str, Value]) -> bytes:
    body = b"".join(_element(name, value) for name, value in document.items())
    return pack("<i", len(body) + 5) + body + b"\0"


def _element(name: str, value: Value) -> bytes:
    key = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + key + bytes([value])
    if isinstance(value, int):
        return b"\x10" + key + pack("<i", value)
    if isinstance(value, str):
        content = value.encode() + b"\0"
        return b"\x02" + key + (pack("<i", len(content)) + content)
    if isinstance(value, dict):
        return b"\x03" + key + encode(value)
    raise ValueError(f"{type(value).__name__} is not written")


def decode(data: bytes, depth: int = 0) -> dict[str, Value]:
    """The fields of a document; arrays are documents too, and what is not needed is None. Raises ValueError,
    IndexError or struct.error when the bytes are no document."""
    if depth > DEPTH:
        raise ValueError("the document is too deep")
    end = unpack_from("<i", data)[0] - 1
    if not 4 <= end < len(data):
        raise ValueError("the document is truncated")
    found: dict[str, Value] = {}
    at = 4
    while at < end:
        kind = data[at]
        stop = data.index(b"\0", at + 1)
        name = data[at + 1 : stop].decode("utf-8", "replace")
        # A value and how many bytes it takes.
        value_at = stop + 1
        if kind == 0x01:
            found[name], width = unpack_from("<d", data, value_at)[0], 8
        elif kind in (0x10, 0x12):
            value_width = 4 if kind == 0x10 else 8
            found[name], width = unpack_from("<i" if kind == 0x10 else "<q", data, value_at)[0], value_width
        elif kind == 0x08:
            found[name], width = bool(data[value_at]), 1
        elif kind in _WIDTHS:
            found[name], width = None, _WIDTHS[kind]
        else:
            length: int = unpack_from("<i", data, value_at)[0]
            if not 0 <= length <= len(data) - value_at:
                raise ValueError("a value is truncated")
            if kind == 0x02:
                found[name], width = (
                    data[value_at + 4 : value_at + 3 + length].decode("utf-8", "replace"),
                    4 + length,
                )
            elif kind in (0x03, 0x04):
                found[name], width = decode(data[value_at : value_at + length], depth + 1), length
            elif kind == 0x05:
                found[name], width = None, 5 + length
            else:
                raise ValueError(f"type {kind:#x} is not supported")
        at = stop + 1 + width
    return found

"""Protocol Buffers on the wire: as much of the encoding as ext_proc's messages need.

Groups and packed lists do not occur in them. https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BLOCK, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_MOST = 1 << 64


class Malformed(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field in order. Raises Malformed."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise Malformed(f"field number {number}")
        if kind == VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == BLOCK:
            length, at = _varint(data, at)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise Malformed(f"wire type {kind}")
        if length > len(data) - at:
            raise Malformed("a field is longer than its message")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where the next field begins."""
    value = shift = 0
    for place in range(at, min(at + 10, len(data))):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value % _MOST, place + 1
        shift += 7
    raise Malformed("an unterminated number")


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def number(field: int, value: int) -> bytes:
    """A field with a number, an enum's value or a truth; 0 is what is not written."""
    return varint(field << 3 | VARINT) + varint(value) if value else b""


def block(field: int, value: bytes) -> bytes:
    """A field with bytes, text or a message; written even when it is empty, for a message that is there."""
    return varint(field << 3 | BLOCK) + varint(len(value)) + value


def filled(field: int, value: bytes) -> bytes:
    """The same, left out when it is empty."""
    return block(field, value) if value else b""


def content(value: int | bytes) -> bytes:
    """Of a field that must be bytes, text or a message. Raises Malformed."""
    if isinstance(value, int):
        raise Malformed("a number where bytes are expected")
    return value


def truth(value: int | bytes) -> bool:
    """Raises Malformed."""
    if not isinstance(value, int):
        raise Malformed("bytes where a number is expected")
    return value != 0

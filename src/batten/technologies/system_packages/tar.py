"""Tar archives read once from front to back, whatever their size: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html.

Nothing is unpacked. What an archive says of itself is believed within bounds only, since it may be made to exhaust its reader.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Protocol

from batten.model.record import record

BLOCK = 512
MOST_BYTES = 16 * 1024**3  # of one image, unpacked
_MOST_NAME = 65536  # bytes of a name, or of the extended header that has it
_PIECE = 1024 * 1024
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Broken(Exception):
    """An archive that cannot be read to its end: why."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Counted:
    """A stream within a bound that several of them share. Raises Broken past it, and for what does not unpack."""

    def __init__(self, source: Readable, left: list[int]) -> None:
        self._source, self._left = source, left

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._source.read(size)
        except (EOFError, zlib.error, OSError) as error:
            raise Broken(f"the archive is damaged: {error}") from error
        self._left[0] -= len(data)
        if self._left[0] < 0:
            raise Broken(f"the archive unpacks to more than {MOST_BYTES:,} bytes")
        return data


class Ahead:
    """A stream whose first bytes were looked at."""

    def __init__(self, head: bytes, source: Readable) -> None:
        self._head, self._source = head, source

    def read(self, size: int = -1, /) -> bytes:
        if not self._head:
            return self._source.read(size)
        data, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
        return data


@record
class Member:
    """A file of an archive: its path without "./", its type ("0" is a file), and its content, to be read before the next one."""

    path: str
    kind: str
    content: Content


class Content:
    """What is left of a member."""

    def __init__(self, source: Readable, size: int) -> None:
        self._source, self.size = source, size
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        data = self._source.read(wanted) if wanted else b""
        self.left -= len(data)
        return data

    def skip(self) -> None:
        """Read on to the next header."""
        padding = -self.size % BLOCK
        left = self.left + padding
        while left:
            data = self._source.read(min(left, _PIECE))
            if not data:
                raise Broken("the archive ends within a file")
            left -= len(data)


def unpacked(source: Readable, left: list[int]) -> Readable:
    """The stream, unpacked where it is compressed by gzip. Raises Broken for zstd."""
    head = source.read(4)
    ahead = Ahead(head, source)
    if head.startswith(_ZSTD):
        raise Broken("it is compressed by zstd, which batten does not read")
    if head.startswith(_GZIP):
        return Counted(gzip.GzipFile(fileobj=ahead), left)  # type: ignore[call-overload]
    return Counted(ahead, left)


def members(source: Readable) -> Iterator[Member]:
    """The members of an archive, in order. Raises Broken."""
    name = ""
    while header := _full(source, BLOCK):
        if len(header) < BLOCK:
            raise Broken("the archive ends within a header")
        if not header.strip(b"\0"):
            return
        size, kind = _size(header), chr(header[156]) if header[156] else "0"
        content = Content(source, size)
        if kind in "Lxg":
            told = _full(content, min(size, _MOST_NAME))
            content.skip()
            name = _extended(kind, told) or name
            continue
        yield Member((name or _name(header)).removeprefix("./").strip("/"), kind, content)
        content.skip()
        name = ""


def _full(source: Readable, size: int) -> bytes:
    """As many bytes, fewer only at the end."""
    data = source.read(size)
    while data and len(data) < size:
        more = source.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _size(header: bytes) -> int:
    """The size of a member, in octal digits or, from 8 GB on, as a binary number."""
    field, total = header[124:136], sum(header) - sum(header[148:156]) + 8 * 32
    try:
        if total != int(header[148:156].rstrip(b" \0") or b"x", 8):
            raise ValueError
        return int.from_bytes(field[1:]) if field[0] == 0x80 else int(field.rstrip(b" \0") or b"0", 8)
    except ValueError:
        raise Broken("it is not a tar archive") from None


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:262] == b"ustar" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _extended(kind: str, told: bytes) -> str:
    """The path that an extended header gives the member behind it; "" where it gives none."""
    if kind == "L":
        return told.split(b"\0", 1)[0].decode("utf-8", "replace")
    for line in told.split(b"\n") if kind == "x" else ():
        length, _, rest = line.partition(b" ")
        if length.isdigit() and rest.startswith(b"path="):
            return rest[5:].decode("utf-8", "replace")
    return ""

"""Tar archives read once from front to back: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html.

Nothing is unpacked. What an archive says of itself is believed within bounds only, since it may be made to exhaust its reader, or to
be read otherwise than by the programs that it is for: where those differ, this one reads as Go's archive/tar does, which engines for
containers and Helm use.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Iterator

from batten.formats.packed import Broken, Budget, Readable
from batten.model.record import record

BLOCK = 512
FILE, HARD_LINK, LINK, FOLDER, SPARSE = "0", "1", "2", "5", "S"
_MOST_EXTENDED = 1 << 20  # bytes of an extended header; Go's reader has the same bound
_PIECE = 1 << 20
_ADLER = 65_521
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_RECORD = re.compile(rb"([0-9]{1,8}) ([^=]+)=")
_WITHOUT_CONTENT = "123456"  # whatever size their headers state
_EXTENDED = "xgLKX"


class NotTar(Broken):
    """What does not begin as a tar archive does."""


class Content:
    """What is left of a member."""

    def __init__(self, source: Readable, size: int) -> None:
        self._source, self.size = source, size
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        data = self._source.read(min(wanted, _PIECE)) if wanted else b""
        if wanted and not data:
            raise Broken("the archive ends within a file")
        self.left -= len(data)
        return data

    def whole(self) -> bytes:
        """All that is left."""
        parts = []
        while data := self.read(_PIECE):
            parts.append(data)
        return b"".join(parts)

    def skip(self) -> None:
        """Read on to the next header."""
        left = self.left + -self.size % BLOCK
        while left:
            data = self._source.read(min(left, _PIECE))
            if not data:
                raise Broken("the archive ends within a file")
            left -= len(data)
        self.left = 0


@record
class Member:
    """An entry of an archive: its name as it is written; its path, without what leads to the archive's top or above it; its type
    (`FILE`, ...); and its content, to be read before the next one."""

    name: str
    path: str
    kind: str
    content: Content


def members(source: Readable, budget: Budget) -> Iterator[Member]:
    """The members of an archive, in order. Raises Broken."""
    extended: dict[str, str] = {}
    begun = False
    while header := _full(source, BLOCK):
        if len(header) < BLOCK:
            raise Broken("the archive ends within a header") if begun else NotTar("it is not a tar archive")
        budget.enter()
        if not header.strip(b"\0"):
            if _full(source, BLOCK).strip(b"\0"):
                raise Broken("the archive is damaged: it goes on behind its end")
            return
        # Whether the checksum is the header's.
        found = _OCTAL.fullmatch(header, 148, 156)
        if found is None or not found[1]:
            is_header = False
        else:
            # Adler-32 has the sum of all bytes, modulo a prime: a tenth of the time that adding them up takes here.
            total = (zlib.adler32(header) & 0xFFFF) - 1 - sum(header[148:156]) + 8 * 32
            is_header = (int(found[1], 8) - total) % _ADLER == 0
        if not is_header:
            raise (
                Broken("the archive is damaged: a header is invalid")
                if begun
                else NotTar("it is not a tar archive")
            )
        begun = True
        kind = chr(header[156]) if header[156] else FILE
        size = 0 if kind in _WITHOUT_CONTENT else _number(header[124:136])
        if kind in _EXTENDED:
            extended |= _extended(kind, Content(source, size), budget)
            continue
        if kind == SPARSE:
            # The further blocks of an old sparse file's map, which its size does not count.
            more = header[482]
            while more:
                budget.enter()
                block = _full(source, BLOCK)
                if len(block) < BLOCK:
                    raise Broken("the archive ends within a header")
                more = block[504]
        elif any(key.startswith("GNU.sparse.") for key in extended):
            kind = SPARSE
        if kind not in _WITHOUT_CONTENT and "size" in extended:
            size = _number(extended["size"].encode(), digits=10)
        content = Content(source, size)
        name = extended.get("L") or extended.get("GNU.sparse.name") or extended.get("path") or _name(header)
        yield Member(name, posixpath.normpath(f"/{name}").lstrip("/"), FILE if kind == "7" else kind, content)
        content.skip()
        extended = {}


def _full(source: Readable, size: int) -> bytes:
    """As many bytes, fewer only at the end."""
    data = source.read(size)
    while data and len(data) < size:
        more = source.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _number(field: bytes, digits: int = 8) -> int:
    """A size: in digits or, from 8 GB on, as a binary number behind a set bit. Raises Broken for one that is negative, or that no
    file has."""
    found = _OCTAL.fullmatch(field) if digits == 8 else re.fullmatch(rb"([0-9]{1,20})", field)
    if found is not None:
        return int(found[1] or b"0", digits)
    if field[:1] == b"\x80" and (size := int.from_bytes(field[1:])) < 1 << 62:
        return size
    raise Broken("the archive is damaged: the size of a member is invalid")


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _extended(kind: str, content: Content, budget: Budget) -> dict[str, str]:
    """What an extended header says of the member behind it: "L" is the path that GNU's own form gives. Raises Broken."""
    if content.size > _MOST_EXTENDED:
        raise Broken(f"an extended header has more than {_MOST_EXTENDED:,} bytes")
    data = content.whole()
    content.skip()
    if kind == "L":
        return {"L": data.split(b"\0", 1)[0].decode("utf-8", "replace")}
    return dict(_records(data, budget)) if kind == "x" else {}


def _records(data: bytes, budget: Budget) -> Iterator[tuple[str, str]]:
    """The records of an extended header: the length of each stands before it, since values may hold newlines. Raises Broken."""
    at = 0
    while at < len(data):
        budget.enter()
        found = _RECORD.match(data, at, at + 1024)
        end = at + int(found[1]) if found is not None else at
        if found is None or end > len(data) or end <= found.end() or data[end - 1 : end] != b"\n":
            raise Broken("the archive is damaged: an extended header is invalid")
        yield found[2].decode("utf-8", "replace"), data[found.end() : end - 1].decode("utf-8", "replace")
        at = end

"""Header lines that were read before. Most of a head's lines came with the last one, too."""

from __future__ import annotations

import re

from batten.guard.remembered import Remembered

_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)")


class Malformed(Exception):
    """Bytes that two readers may read as two messages. `status` is what the sender is told."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Lines(Remembered[bytes, tuple[bytes, bytes]]):
    """Name, in lower case, and value of a line without its end. Raises Malformed for what is no header line."""

    __slots__ = ()

    def __missing__(self, line: bytes) -> tuple[bytes, bytes]:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Malformed("a header line is ambiguous")
        name, value = field.groups()
        pair = name.lower(), value.rstrip(b" \t")
        self.keep(line, pair, pair[0], len(line))
        return pair

    def of(self, section: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """The pairs of a header or trailer section, each of whose lines has its end. Raises Malformed."""
        return tuple(map(self.__getitem__, section[:-2].split(b"\r\n"))) if section else ()

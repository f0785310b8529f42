"""A log file, packed or not, as blocks of whole lines: bounded, whatever it unpacks to and however long its lines are."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, cast

import msgspec

from batten.formats.packed import LONGEST_MAGIC, Broken, Unpacked, kind_of, pieces

BLOCK = 1 << 17  # bytes read at a time: what is made of them stays in the processor's cache
LONGEST = 1 << 16  # bytes of a line; longer ones are left out
LEFT_OUT = b"\0\n"  # what stands for such a line; no format fits it
_MOST_TIMES = 2_000  # an archive may unpack to so many times its size ...
_ANYWAY = 1 << 30  # ... or to so many bytes


class Cut(Exception):
    """Why the rest of a file is not read."""


class Packed(Exception):
    """A file is packed as is not read, in the way of this name."""


def blocks(raw: BinaryIO) -> Iterator[bytes]:
    """Whole lines, ended by a newline each. Raises Cut, Packed and OSError."""
    every = _whole(_unpacked(cast(io.BufferedReader, raw)))
    for first in every:
        every = chain((first,), every)
        return map(_inside, every) if re.match(rb'\{"log": ?"', first) else every
    return every


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    left, is_endless = b"", False
    for piece in pieces:
        if is_endless:
            _, newline, piece = piece.partition(b"\n")
            if not newline:
                continue
            left, is_endless = LEFT_OUT, False
        whole, newline, left = (left + piece).rpartition(b"\n")
        if len(left) > LONGEST:
            left, is_endless = b"", True
        if newline:
            yield whole + newline
    if left or is_endless:
        yield LEFT_OUT if is_endless else left + b"\n"


def _unpacked(raw: io.BufferedReader) -> Iterator[bytes]:
    kind = kind_of(raw.peek(LONGEST_MAGIC)[:LONGEST_MAGIC])
    if kind == "zstd":
        raise Packed(kind)
    if not kind:
        yield from pieces(raw, BLOCK)
        return
    status, size = os.fstat(raw.fileno()), 0
    most = max(_ANYWAY, _MOST_TIMES * status.st_size)
    try:
        for piece in pieces(Unpacked(raw, kind), BLOCK):
            size += len(piece)
            if size > most and stat.S_ISREG(status.st_mode):
                raise Cut(f"it unpacks to more than {_MOST_TIMES:,} times its size")
            yield piece
    except Broken as error:
        raise Cut(str(error)) from None


class _Wrapped(msgspec.Struct, gc=False):
    log: str = ""


_wrapped = msgspec.json.Decoder(_Wrapped)


def _inside(block: bytes) -> bytes:
    """The lines that Docker's json-file driver wrapped."""
    try:
        said = "".join([one.log for one in _wrapped.decode_lines(block)])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = ""
    if said.count("\n") == block.count(b"\n"):
        return said.encode("utf-8", "replace")
    return b"".join(_line(line) for line in block.split(b"\n")[:-1])


def _line(line: bytes) -> bytes:
    try:
        said = _wrapped.decode(line.decode("utf-8", "replace")).log
    except (msgspec.DecodeError, RecursionError):
        return b"\n"
    return said.rstrip("\n").replace("\n", " ").encode("utf-8", "replace") + b"\n"

"""A log file, packed or not, as blocks of whole lines: bounded, whatever it unpacks to and however long its lines are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, cast

import msgspec

BLOCK = 1 << 17  # bytes read at a time: what is made of them stays in the processor's cache
LONGEST = 1 << 16  # bytes of a line; longer ones are left out
LEFT_OUT = b"\0\n"  # what stands for such a line; no format fits it
_MOST_MEMORY = 80 << 20  # bytes that an xz archive may ask for; `xz -9` does for 65 MB
_MOST_TIMES = 2_000  # an archive may unpack to so many times its size ...
_ANYWAY = 1 << 30  # ... or to so many bytes
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


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
    start = raw.peek(6)[:6]
    kind = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")
    if kind == "zstd":
        raise Packed(kind)
    if not kind:
        yield from _pieces(raw)
        return
    status, size = os.fstat(raw.fileno()), 0
    most = max(_ANYWAY, _MOST_TIMES * status.st_size)
    try:
        for piece in _READERS[kind](raw):
            size += len(piece)
            if size > most and stat.S_ISREG(status.st_mode):
                raise Cut(f"it unpacks to more than {_MOST_TIMES:,} times its size")
            yield piece
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise Cut(f"the archive is damaged: {error}") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise Cut(f"the archive is damaged: {error}") from None


def _pieces(stream: io.BufferedIOBase) -> Iterator[bytes]:
    while piece := stream.read(BLOCK):
        yield piece


def _gunzipped(raw: io.BufferedReader) -> Iterator[bytes]:
    return _pieces(gzip.GzipFile(fileobj=raw))


def _bunzipped(raw: io.BufferedReader) -> Iterator[bytes]:
    return _pieces(bz2.BZ2File(raw))


def _unxzed(raw: io.BufferedReader) -> Iterator[bytes]:
    """As `lzma.LZMAFile` does, which takes as much memory as an archive asks for."""
    decoder = _decoder()
    while True:
        data = b""
        if decoder.eof:
            data = decoder.unused_data.lstrip(b"\0") or raw.read(BLOCK).lstrip(b"\0")
            if not data:
                return
            decoder = _decoder()
        elif decoder.needs_input and not (data := raw.read(BLOCK)):
            raise EOFError("it ended before the end of its stream")
        if piece := decoder.decompress(data, BLOCK):
            yield piece


def _decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY)


_READERS = {"gzip": _gunzipped, "bzip2": _bunzipped, "xz": _unxzed}


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

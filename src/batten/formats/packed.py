"""Packed streams (gzip, bzip2, xz) and what reading an archive may take.

A packed file is a stranger's: a few bytes of it may stand for gigabytes, ask for gigabytes of memory, or hold a million streams of
nothing. All parts of one archive share one `Budget`, however deep they are packed in each other; what would go over it raises
`OverBudget` with a sentence, so that it is told by name and never taken for read.

Sources: RFC 1952 (gzip; section 2.2: members one behind the other), https://tukaani.org/xz/xz-file-format.txt.
"""

from __future__ import annotations

import bz2
import lzma
import re
import resource
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

MIB = 1 << 20
MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
LONGEST_MAGIC = max(map(len, MAGIC))
MOST_MEMORY = 80 * MIB  # that a stream of xz may ask for; `xz -9` does for 65 MiB
_PIECE = 1 << 17  # bytes that are read, or unpacked, at a time
_FIRST = 256  # bytes that a new stream is fed first: there may be thousands of them in a piece, and what is left over is copied
_LOOK = 8 * MIB  # unpacked bytes between two looks at the clock
_LOOK_ENTRIES = 4_096
_ZEROS = re.compile(rb"\0*")


class Broken(Exception):
    """A packed file that cannot be read to its end: why."""


class OverBudget(Broken):
    """A packed file that would take more than its reader has for it: of what."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def _spent() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + usage.ru_utime + usage.ru_stime


@dataclass(slots=True)
class Budget:
    """What may be spent on one archive of `size` bytes, by all that is packed in it. It may unpack to `anyway` bytes, and to `times`
    its size beyond that, but never to more than `most`. Entries are members, and whatever else is cheap to write and costs time to
    read."""

    size: int
    most: int = 16 * 1024 * MIB
    anyway: int = 64 * MIB
    times: int = 100
    entries: int = 1_000_000
    kept: int = 256 * MIB
    seconds: float = 120.0
    _bytes: int = 0
    _entries: int = 0
    _kept: int = 0
    _looked: int = 0
    _since: float = field(default_factory=_spent)

    def unpack(self, count: int) -> None:
        """Note unpacked bytes. Raises OverBudget."""
        self._bytes += count
        if self._bytes > self.most:
            raise OverBudget(f"the archive unpacks to more than {self.most:,} bytes")
        if self._bytes > self.anyway + self.times * self.size:
            ratio = f"{self.times} times its size and {self.anyway // MIB} MiB"
            raise OverBudget(f"the archive unpacks to more than {ratio}")
        if self._bytes - self._looked > _LOOK:
            self._looked = self._bytes
            self.look()

    def enter(self, count: int = 1) -> None:
        """Note entries. Raises OverBudget."""
        before = self._entries // _LOOK_ENTRIES
        self._entries += count
        if self._entries > self.entries:
            raise OverBudget(f"the archive has more than {self.entries:,} entries")
        if self._entries // _LOOK_ENTRIES != before:
            self.look()

    def keep(self, count: int) -> None:
        """Note bytes that stay in memory until the archive is read. Raises OverBudget."""
        self._kept += count
        if self._kept > self.kept:
            raise OverBudget(f"what is kept of the archive has more than {self.kept // MIB} MiB")

    def look(self) -> None:
        """Look at the clock. Raises OverBudget."""
        if self.left <= 0:
            raise OverBudget(f"reading the archive takes more than {self.seconds:g} s of processor time")

    @property
    def left(self) -> float:
        """Seconds of processor time that are left."""
        return self.seconds - (_spent() - self._since)


class Counted:
    """A stream of which every byte is noted as unpacked."""

    def __init__(self, source: Readable, budget: Budget) -> None:
        self._source, self._budget = source, budget

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._source.read(size)
        except OSError as error:
            raise Broken(f"the archive cannot be read: {error.strerror or error}") from error
        self._budget.unpack(len(data))
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


def kind_of(head: bytes) -> str:
    """What packed a stream that begins so: "gzip", "bzip2", "xz", "zstd", or "" for none of them."""
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")


def unpacked(source: Readable, budget: Budget) -> Readable:
    """The stream, unpacked where it is packed, within the budget. Raises Broken, for zstd, too."""
    head = source.read(LONGEST_MAGIC)
    while head and len(head) < LONGEST_MAGIC and (more := source.read(LONGEST_MAGIC - len(head))):
        head += more
    ahead = Ahead(head, source)
    kind = kind_of(head)
    if kind == "zstd":
        raise Broken("it is compressed by zstd, which batten does not read")
    return Counted(Unpacked(ahead, kind) if kind else ahead, budget)


class _Decoder(Protocol):
    """What `bz2` and `lzma` offer."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib's decoder with the manners of theirs."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        tail = self._inner.unconsumed_tail
        made = self._inner.decompress(tail + data if tail else data, max_length)
        # With its output full it may hold back bytes of input that it has taken whole.
        self.needs_input = not self._inner.unconsumed_tail and len(made) < max_length
        return made


def _decoder(kind: str) -> _Decoder:
    match kind:
        case "gzip":
            return _Gzip()
        case "bzip2":
            return bz2.BZ2Decompressor()
        case _:
            return lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_MEMORY)


class Unpacked:
    """A packed stream, unpacked: streams of one kind behind each other, and zeros between and behind them. Raises Broken for one that
    ends early, is damaged, or has anything else behind its end."""

    def __init__(self, source: Readable, kind: str) -> None:
        self._source, self._kind = source, kind
        self._magic = next(magic for magic, name in MAGIC.items() if name == kind)
        self._piece, self._at = b"", 0  # of the source
        self._made, self._served = b"", 0  # of what it unpacks to
        self._decoder: _Decoder | None = None
        self._feed = _FIRST
        self._padded = False

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes, and at least one where there is more; a piece for a size below zero."""
        while self._served >= len(self._made):
            if self._decoder is None and not self._begun():
                return b""
            self._made, self._served = self._some(), 0
        data = self._made[self._served : self._served + size] if size >= 0 else self._made[self._served :]
        self._served += len(data)
        return data

    def _some(self) -> bytes:
        """Bytes of the current stream; none where it has to be asked again."""
        decoder = self._decoder
        assert decoder is not None
        data = b""
        if decoder.needs_input and not (data := self._next()):
            raise Broken("the archive is damaged: it ends before the end of its data")
        try:
            made = decoder.decompress(data, _PIECE)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, MemoryError) as error:
            raise Broken(f"the archive is damaged: {error}") from None
        if decoder.eof:
            self._at -= len(decoder.unused_data)
            self._decoder = None
        return made

    def _next(self) -> bytes:
        """More input: little for a new stream, then twice as much each time."""
        if self._at >= len(self._piece):
            self._piece, self._at = self._source.read(_PIECE), 0
        data = self._piece[self._at : self._at + self._feed]
        self._at += len(data)
        self._feed = min(self._feed * 2, _PIECE)
        return data

    def _begun(self) -> bool:
        """Whether another stream begins here. Raises Broken for anything else."""
        while True:
            if self._padded:  # what is left over behind a stream
                found = _ZEROS.match(self._piece, self._at)
                self._at = found.end() if found is not None else self._at
            if len(self._piece) - self._at >= len(self._magic):
                break
            more = self._source.read(_PIECE)
            if not more:
                break
            self._piece, self._at = self._piece[self._at :] + more, 0
        if self._at >= len(self._piece):
            return False
        if not self._piece.startswith(self._magic, self._at):
            raise Broken("the archive is damaged: it has other data behind its end")
        self._decoder, self._feed, self._padded = _decoder(self._kind), _FIRST, True
        return True


def pieces(stream: Readable, size: int) -> Iterator[bytes]:
    """What is left of a stream, in pieces of at most so many bytes."""
    while piece := stream.read(size):
        yield piece

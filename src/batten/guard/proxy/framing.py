"""Where a body ends (RFC 9112, section 6 and 7). What comes after it is kept apart in `rest`."""

from __future__ import annotations

import re

MOST_SIZE_LINE = 300
MOST_TRAILERS = 8_192
# No blanks: what stands between size and extension is read in more than one way.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\x21-\x7e\x80-\xff \t]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*")


class BadFraming(ValueError):
    """A body that does not say clearly where it ends."""


class Counted:
    """A body of a length told before."""

    __slots__ = ("done", "left", "rest", "total")

    def __init__(self, length: int) -> None:
        self.total = self.left = length
        self.done = length == 0
        self.rest = b""

    def take(self, data: bytes) -> bytes:
        """What of `data` is the body's."""
        left = self.left - len(data)
        if left < 0:
            data, self.rest = data[:left], data[left:]
            left = 0
        self.left = left
        self.done = left == 0
        return data


class UntilClose:
    """An answer's body that ends with the connection."""

    __slots__ = ("done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def take(self, data: bytes) -> bytes:
        return data


class Chunked:
    """A body in chunks. Extensions and trailers are read, and go no further."""

    __slots__ = ("_buffer", "_left", "_state", "_trailers", "done", "rest")

    def __init__(self) -> None:
        self._state = "size"
        self._left = 0
        self._trailers = 0
        self._buffer = b""
        self.done = False
        self.rest = b""

    def take(self, data: bytes) -> bytes:
        """The payload in it. Raises BadFraming."""
        buffer = self._buffer + data if self._buffer else data
        pieces: list[bytes] = []
        at = 0
        while not self.done:
            moved = self._data(buffer, at, pieces) if self._state == "data" else self._line(buffer, at)
            if moved == at:
                break
            at = moved
        if self.done:
            self.rest, self._buffer = buffer[at:], b""
        else:
            self._buffer = buffer[at:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _data(self, buffer: bytes, at: int, pieces: list[bytes]) -> int:
        if self._left:
            piece = buffer[at : at + self._left]
            if piece:
                pieces.append(piece)
            self._left -= len(piece)
            return at + len(piece)
        end = buffer[at : at + 2]
        if not b"\r\n".startswith(end):
            raise BadFraming("a chunk does not have its declared size")
        if len(end) < 2:
            return at
        self._state = "size"
        return at + 2

    def _line(self, buffer: bytes, at: int) -> int:
        end = buffer.find(b"\n", at, at + MOST_TRAILERS)
        if end < 0:
            if len(buffer) - at > (MOST_SIZE_LINE if self._state == "size" else MOST_TRAILERS):
                raise BadFraming("a chunk's size line or trailer is too long")
            return at
        if buffer[end - 1 : end] != b"\r" or end - 1 < at:
            raise BadFraming("a line ends without CR")
        line = buffer[at : end - 1]
        if self._state == "size":
            size = _SIZE.fullmatch(line)
            if size is None or len(line) > MOST_SIZE_LINE:
                raise BadFraming("a chunk's size is invalid")
            self._left = int(size[1], 16)
            self._state = "data" if self._left else "trailers"
        elif not line:
            self.done = True
        else:
            self._trailers += len(line)
            if self._trailers > MOST_TRAILERS or not _TRAILER.fullmatch(line):
                raise BadFraming("a trailer is invalid")
        return end + 1


Framing = Counted | Chunked | UntilClose


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"

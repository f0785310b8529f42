"""Bodies on their way through a WSGI middleware."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any


class RequestBody(io.RawIOBase):
    """A body that is told of as it is read, `ahead` of it not again; never more of it is asked for than there is.

    `left` is None where the server ends the body itself (`wsgi.input_terminated`).
    """

    def __init__(
        self, told: Callable[[bytes], None], source: Any, left: int | None, ahead: bytes = b""
    ) -> None:
        self._told, self._source, self._left = told, source, left
        self._ahead = io.BytesIO(ahead)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._ahead.read(len(buffer))
        if not chunk and self._left != 0:
            chunk = self._source.read(len(buffer) if self._left is None else min(len(buffer), self._left))
            self._told(chunk)
            if not chunk:
                self._left = 0
            elif self._left is not None:
                self._left -= len(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)


class Stream:
    """An answer that passes as it comes, after what was kept of it; its end is told of once."""

    def __init__(
        self,
        ahead: list[bytes],
        chunks: Iterator[bytes],
        seen: Callable[[bytes], None],
        end: Callable[[], None],
    ) -> None:
        self._ahead, self._chunks, self._seen, self._end = ahead, chunks, seen, end
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ahead:
            return self._ahead.pop(0)
        chunk = next(self._chunks)
        self._seen(chunk)
        return chunk

    def close(self) -> None:
        if not self._ended:
            self._ended = True
            self._end()


def first_of(chunks: Iterator[bytes]) -> Iterable[bytes]:
    """None or one of them: a generator begins to run here."""
    for chunk in chunks:
        return (chunk,)
    return ()

"""A log that another program writes to its end, read as it grows and emptied when it is long."""

from __future__ import annotations

import os
from pathlib import Path

LONGEST = 16 * 1024 * 1024  # bytes, from which on what was read is thrown away
_PIECE = 1024 * 1024


class Followed:
    """The writer must have opened the file to append to it. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._at = 0
        self._rest = b""

    @property
    def descriptor(self) -> int:
        return self._file

    def lines(self) -> list[bytes]:
        """Those that were added since the last time, at most a mebibyte of them."""
        read = os.pread(self._file, _PIECE, self._at)
        self._at += len(read)
        if not read and self._at > LONGEST and os.fstat(self._file).st_size == self._at:
            os.ftruncate(self._file, 0)
            self._at = 0
        *whole, self._rest = (self._rest + read).split(b"\n")
        return whole

    def close(self) -> None:
        os.close(self._file)

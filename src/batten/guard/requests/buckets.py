"""How often each caller has asked, in a table of fixed size that the workers of a guard share.

A caller takes sixteen bytes: a keyed digest of what tells it from others, and the time at which all that it was granted is
available again (the generic cell rate algorithm, ITU-T I.371). No address and no credential is kept. The digest names a
set of a few places; where all are taken, the caller whose time comes first makes room, who has lost least. Workers write
without a lock: two that count the same caller at the same instant may count once.
"""

from __future__ import annotations

import mmap
import os
import time
from hashlib import blake2b

SETS = 16_384
WAYS = 4
_SET = WAYS * 2  # cells of eight bytes


class Buckets:
    """One megabyte, of which the system gives what is used."""

    __slots__ = ("_cells", "_key", "_sets")

    def __init__(self, sets: int = SETS) -> None:
        self._cells = memoryview(mmap.mmap(-1, sets * _SET * 8)).cast("Q")
        self._sets = sets
        self._key = os.urandom(16)

    def take(self, caller: bytes, interval: int, burst: int, now: int | None = None) -> int:
        """Count a request. Returns how long it must wait, in microseconds; one that must is not counted.

        `interval` is the time between two requests that the limit grants, in microseconds, as `now` is.
        """
        cells = self._cells
        if now is None:
            now = time.monotonic_ns() // 1_000
        mark = int.from_bytes(blake2b(caller, digest_size=8, key=self._key).digest(), "little") or 1
        first = place = mark % self._sets * _SET
        for at in range(first, first + _SET, 2):
            if cells[at] == mark:
                place = at
                break
            if cells[at + 1] < cells[place + 1]:
                place = at
        known = cells[place + 1] if cells[place] == mark else 0
        due = max(known, now)
        wait = due - (burst - 1) * interval - now
        if wait > 0:
            return wait
        cells[place] = mark
        cells[place + 1] = due + interval
        return 0

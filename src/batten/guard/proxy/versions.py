"""Which contract and policy each worker holds, in memory that all processes share.

What is new has a generation and a digest. The supervisor announces it, each worker prepares it from the same files,
and when all have, it is committed and all take it: no two versions are served at a time but for one tick.
"""

from __future__ import annotations

import mmap

_GENERATION, _DIGEST, _COMMITTED, _CREDENTIALS, _SHARED = range(5)
_PREPARED, _FAILED, _HELD, _HELD_DIGEST, _OWN = range(5)  # of each worker


def shown(digest: int) -> str:
    """A version as people compare it; "" for none."""
    return f"{digest:016x}"[:12] if digest else ""


class Versions:
    """Each cell has one writer: the supervisor the shared ones, a worker its own."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._cells = memoryview(mmap.mmap(-1, (_SHARED + workers * _OWN) * 8)).cast("Q")

    # The supervisor's

    def announce(self, digest: int) -> None:
        """A next generation; workers begin to prepare it."""
        self._cells[_DIGEST] = digest
        self._cells[_GENERATION] += 1

    def commit(self) -> None:
        self._cells[_COMMITTED] = self._cells[_GENERATION]

    def renew_credentials(self) -> None:
        """Certificates were replaced by others that can be used."""
        self._cells[_CREDENTIALS] += 1

    @property
    def generation(self) -> int:
        return self._cells[_GENERATION]

    @property
    def digest(self) -> int:
        """Of the generation that was announced last."""
        return self._cells[_DIGEST]

    @property
    def committed(self) -> int:
        return self._cells[_COMMITTED]

    @property
    def credentials(self) -> int:
        return self._cells[_CREDENTIALS]

    def unprepared(self) -> tuple[int, ...]:
        """The workers that have not prepared what was announced."""
        return self._without(_PREPARED)

    def failed(self) -> tuple[int, ...]:
        """The workers that could not prepare it."""
        lacking = self._without(_FAILED)
        return tuple(number for number in range(self.workers) if number not in lacking)

    def is_held(self) -> bool:
        """Whether all workers hold what was announced."""
        return not self._without(_HELD)

    def held(self) -> tuple[str, ...]:
        """The version of each worker."""
        return tuple(shown(self._cells[self._own(n, _HELD_DIGEST)]) for n in range(self.workers))

    def _without(self, cell: int) -> tuple[int, ...]:
        now = self.generation
        return tuple(n for n in range(self.workers) if self._cells[self._own(n, cell)] != now)

    # A worker's

    def prepare(self, number: int, generation: int) -> None:
        self._cells[self._own(number, _PREPARED)] = generation

    def fail(self, number: int, generation: int) -> None:
        self._cells[self._own(number, _FAILED)] = generation

    def hold(self, number: int, generation: int, digest: int) -> None:
        self._cells[self._own(number, _HELD_DIGEST)] = digest
        self._cells[self._own(number, _HELD)] = generation

    def _own(self, number: int, cell: int) -> int:
        return _SHARED + number * _OWN + cell

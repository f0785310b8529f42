"""The runs that this process has: kept alive by heartbeats, told to stop, and never assessed longer than the lease is proved.

A lease is proved by a heartbeat that the database took, for three quarters of its term, counted on the monotonic clock from
before the heartbeat was sent. Others take a run over after a whole term without one (`local.py`). The quarter between is
for clocks that run at different speeds, and for the end of the process that assesses.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from batten.watch.model import SECOND, Run
from batten.watch.store import clock, runs
from batten.watch.store.database import Database

TERM = 60 * SECOND
_PROVED = 0.75  # of the term
_EVERY = 1 / 6  # of the term, between heartbeats of which nothing new is said
_LOG = logging.getLogger("batten.watch")

Clock = Callable[[Connection], int]


class Held:
    """A run of this process. Written by the thread of the heartbeats and by that which assesses; each field by one of them."""

    def __init__(self, run: Run, until: float) -> None:
        self.run = run
        self.until = until  # the monotonic time, in seconds, to which the lease is proved
        self.refused = False  # it was cancelled, or is another's by now
        self.ending = False  # this process ends before it does
        self.progress = ""
        self.told = ""  # of the progress, what the database has

    def say(self, line: str) -> None:
        """How far the assessment is, a line for people."""
        self.progress = line

    def to_stop(self) -> bool:
        """Whether the assessment is to stop now."""
        return self.refused or self.ending or time.monotonic() > self.until


class Holding:
    """The runs of this process, and the thread that keeps them. `pause` is between two looks for news, in seconds."""

    def __init__(
        self, database: Database, worker: str, term: int = TERM, now: Clock = clock.now, pause: float = 1.0
    ) -> None:
        self.database, self.worker, self.term, self.now, self.pause = database, worker, term, now, pause
        self._held: dict[int, Held] = {}
        self._lock = threading.Condition()
        self._ended = threading.Event()
        self._sent = 0.0
        self._trouble = ""
        self._thread = threading.Thread(target=self._keep, name="batten-watch-beats", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """No heartbeats any more; what is still held is lost to others after its term."""
        self._ended.set()
        self._thread.join()

    def claim(self, number: int = 0) -> Held | None:
        """The run that is next, or that of a number; None where nothing waits. Raises SQLAlchemyError."""
        before = time.monotonic()
        with self.database.begin() as db:
            run = runs.claim(db, self.worker, self.now(db), self.term, number)
        if run is None:
            return None
        held = Held(run, before + self._proves)
        with self._lock:
            self._held[run.id] = held
        return held

    def let_go(self, held: Held) -> None:
        """What becomes of the run is written, or is not this process's to write."""
        with self._lock:
            self._held.pop(held.run.id, None)
            self._lock.notify_all()

    def drained(self, seconds: float) -> bool:
        """Wait until this process has no run any more; False where that takes longer."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._held, seconds)

    def all(self) -> list[Held]:
        with self._lock:
            return list(self._held.values())

    def has(self, run: Run) -> bool:
        """Whether a run is assessed here now; one of this process's name that is not was claimed without its knowledge."""
        with self._lock:
            return run.worker == self.worker and run.id in self._held

    @property
    def _proves(self) -> float:
        return self.term / SECOND * _PROVED

    def _keep(self) -> None:
        while not self._ended.wait(self.pause):
            every = self.all()
            news = any(held.progress != held.told for held in every)
            if every and (news or time.monotonic() - self._sent >= self.term / SECOND * _EVERY):
                self._beat(every)

    def _beat(self, every: list[Held]) -> None:
        before = time.monotonic()
        lines = [held.progress for held in every]
        try:
            with self.database.begin() as db:
                now = self.now(db)
                kept = [
                    runs.beat(db, held.run, now, self.term, line)
                    for held, line in zip(every, lines, strict=True)
                ]
        except SQLAlchemyError as error:
            self._say(type(error).__name__)
            return
        self._say("")
        self._sent = before
        for held, line, ours in zip(every, lines, kept, strict=True):
            held.told = line
            if ours:
                held.until = before + self._proves
            else:
                held.refused = True

    def _say(self, trouble: str) -> None:
        if trouble and not self._trouble:
            _LOG.warning("runs are not kept alive: the database does not answer (%s)", trouble)
        if self._trouble and not trouble:
            _LOG.info("runs are kept alive again")
        self._trouble = trouble

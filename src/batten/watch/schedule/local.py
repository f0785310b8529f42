"""The loop of one process: ticks, runs that have lost their worker, claims. Several of them may share a database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from batten.model.record import record
from batten.watch.assess.assessment import assess
from batten.watch.model import HOUR, MINUTE, SECOND, Run, RunState
from batten.watch.schedule import housekeeping
from batten.watch.schedule.holding import TERM, Clock, Holding
from batten.watch.schedule.ticking import tick, tick_objectives
from batten.watch.schedule.workers import Life, Worker
from batten.watch.schedule.working import Assess, Workshop
from batten.watch.settings import Watch
from batten.watch.store import clock, queueing, runs, turns
from batten.watch.store.database import Database, unavailable

_BATCH = 200
_FLEET_LOOKS = 30.0  # seconds between two looks for a fleet, and for jobs that were lost


class Delivery:
    """Tells the workers of a fleet, where there are any, what waits."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._installed = find_spec("procrastinate") is not None
        self._there = False
        self._looked = float("-inf")

    def once(self) -> None:
        """Deliver what was not yet. Raises SQLAlchemyError."""
        if not self._installed:
            return
        from batten.watch.store import jobs

        if time.monotonic() - self._looked >= _FLEET_LOOKS:
            self._looked = time.monotonic()
            with self.database.begin() as db:
                self._there = jobs.are_there(db)
                if self._there:
                    jobs.lost(db)
        app = jobs.app() if self._there else None
        while app is not None:
            with self.database.begin() as db:
                found = jobs.undelivered(db, _BATCH)
                jobs.deliver(db, app, found) if found else None
            if len(found) < _BATCH:
                return


# Which runs have lost their worker, told without a clock that can be set.
#
# A run is lost when its worker's process is known to be gone, or when it was looked at again and again for a whole term, by this
# process's own monotonic clock, and its worker has not said in between that it still has it. Such a worker may only hang; but the
# process that assesses for it has ended by then, since it is allowed to live only as long as its worker proves the lease
# (`holding.py`). A gap between two looks (this machine slept, the database was away) begins a new term: the others get the time
# to come back, too.
@record
class _Sight:
    run: Run
    since: float  # seconds


class Watching:
    """What was seen of the runs in progress. `term` is in seconds."""

    def __init__(self, term: float) -> None:
        self.term = term
        self._seen: dict[int, _Sight] = {}
        self._looked: float | None = None

    def lost(
        self, running: Iterable[Run], at: float, life: Callable[[str], Life], mine: Callable[[Run], bool]
    ) -> list[Run]:
        """The runs of these that have lost their worker; `at` is the monotonic time after they were read."""
        if self._looked is None or at - self._looked > self.term / 2:
            self._seen = {}
        self._looked = at
        before, self._seen = self._seen, {}
        found = []
        for run in running:
            if mine(run):
                continue
            known = before.get(run.id)
            same = known is not None and _mark(known.run) == _mark(run)
            sight = known if known is not None and same else _Sight(run, at)
            self._seen[run.id] = sight
            if life(run.worker) is Life.GONE or at - sight.since >= self.term:
                found.append(run)
        return found


_LOG = logging.getLogger("batten.watch")
_LOOKS = 1 / 10  # of a term, between two looks for runs that have lost their worker
_WRITES = 10.0  # seconds for what was assessed to be written, at the end
_AWAY = 10.0  # seconds, the longest between two attempts while the database is away


class Loop:
    """What a process does by itself: it ticks, assesses what is queued, and makes up for workers that are gone. Where it is not
    `alone`, ticks and claims come to it from elsewhere (`fleet.py`)."""

    def __init__(
        self,
        watch: Watch,
        assess: Assess = assess,
        now: Clock = clock.now,
        term: int = TERM,
        pause: float = 1.0,
        alone: bool = True,
    ) -> None:
        self.watch, self.now, self.pause, self.alone = watch, now, pause, alone
        self.term = term / SECOND
        self.worker = Worker(watch.settings.folder)
        self.holding = Holding(watch.database, self.worker.name, term, now, pause)
        self.workshop = Workshop(watch, self.holding, assess)
        self.watching = Watching(self.term)
        self.delivery = Delivery(watch.database) if watch.database.fleet else None
        self._pool = ThreadPoolExecutor(max(1, watch.settings.workers), "batten-watch-work")
        self._busy: set[Future[None]] = set()
        self._ended = threading.Event()
        self._wake = threading.Event()  # a run has ended, so another one can be claimed at once
        self._ticked = self._looked = self._tidied = float("-inf")
        self._waits = False  # whether a run may wait for a worker
        self._asked: dict[str, float] = {}
        self._away = 0.0  # seconds to wait because the database is away; 0: it is there
        self._thread = threading.Thread(target=self._run, name="batten-watch-loop", daemon=True)

    def start(self) -> None:
        """Begin, in threads of this process."""
        self.holding.start()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Claim nothing more, and give what is assessed that long to end; then it goes back into the queue. Results that the
        database does not take within a few seconds stay on the disk for the next start."""
        self._ended.set()
        self._wake.set()
        self._thread.join()
        self.holding.drained(seconds)
        self.give_back()
        self.holding.drained(_WRITES)
        self.workshop.closed.set()
        self._pool.shutdown()
        self.holding.close()
        self.worker.leave()

    def give_back(self) -> None:
        """Stop what is assessed here; its runs go back into the queue."""
        for held in self.holding.all():
            held.ending = True

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(max(self.pause, self._away))
            self._wake.clear()
            try:
                self.worker.beat()
                self.turn()
            except SQLAlchemyError as error:
                self._trouble(error)
            except Exception:
                _LOG.exception("the loop of assessments met an internal error, and goes on")
            else:
                self._answered()

    def turn(self) -> None:
        """One round. Raises SQLAlchemyError where the database is away."""
        at = time.monotonic()
        if at - self._ticked >= self.pause:
            self._ticked = at
            if self.alone:
                self._waits = self.tick() or self._waits
            if self.delivery is not None:
                self.delivery.once()
        if at - self._looked >= self.term * _LOOKS:
            self._looked = at
            # Write what workers that are gone have left, and queue again what has lost its worker.
            gone = self.worker.gone()
            self.workshop.recover(lambda name: self.worker.knows(name) is Life.LIVES)
            with self.watch.database.read() as db:
                running = runs.running(db)
            lost = self.watching.lost(running, time.monotonic(), self.worker.knows, self.holding.has)
            for run in lost:
                with self.watch.database.begin() as db:
                    if runs.lost(db, run, self.now(db)):
                        _LOG.warning("run %d has lost its worker %s", run.id, run.worker)
            for name in set(gone) - {run.worker for run in running}:
                self.worker.forget(name)
        if at - self._tidied >= HOUR / SECOND:
            self._tidied = at
            housekeeping.keep_folder(self.watch, self.now)
        if self.alone and self._waits:
            self._busy = {one for one in self._busy if not one.done()}
            while not self._ended.is_set() and len(self._busy) < self.watch.settings.workers:
                held = self.holding.claim()
                if held is None:
                    self._waits = False
                    return
                one = self._pool.submit(self.workshop.work, held)
                one.add_done_callback(lambda _: self._wake.set())
                self._busy.add(one)

    def tick(self) -> bool:
        """Queue what is due, and do what is done once in a while; whether a run may wait then. Raises SQLAlchemyError."""
        database = self.watch.database
        seen = queueing.look(database, self.now)
        if seen.due:
            tick(database, self.now)
        self._in_turn("objectives", MINUTE, lambda: tick_objectives(database, self.now))
        if self.alone:  # a worker of a fleet does not know what the service is to keep
            self._in_turn("housekeeping", HOUR, lambda: housekeeping.keep_house(self.watch, self.now))
        return seen.due or seen.waits

    def assess(self, environment: int) -> None:
        """Assess an environment now, if it waits for that. Raises SQLAlchemyError."""
        with self.watch.database.read() as db:
            run = runs.pending(db, environment)
        if run is None or run.state is not RunState.QUEUED or self._ended.is_set():
            return
        held = self.holding.claim(run.id)
        if held is not None:
            self.workshop.work(held)

    def _in_turn(self, name: str, every: int, act: Callable[[], object]) -> None:
        """Do what is to be done by one process alone, once in a while."""
        at = time.monotonic()
        if at - self._asked.get(name, float("-inf")) < every / SECOND / 4:
            return
        self._asked[name] = at
        with self.watch.database.begin() as db:
            ours = turns.take(db, name, self.now(db), every)
        if ours:
            act()

    def _trouble(self, error: SQLAlchemyError) -> None:
        if not self._away:
            said = unavailable(error) if isinstance(error, DBAPIError) else str(error)
            _LOG.error("nothing is assessed until the database answers: %s", said)
        self._away = min(max(2 * self._away, self.pause), _AWAY)

    def _answered(self) -> None:
        if self._away:
            _LOG.info("the database answers again")
        self._away = 0.0


def _mark(run: Run) -> tuple[str, int, int]:
    return run.worker, run.attempt, run.beats

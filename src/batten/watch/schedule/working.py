"""One run, from its claim to its end: assessed in a thread, and its result written, however long the database is away.

A result is on the disk before the database is asked to take it, so it outlives this process. Whether it counts is decided by
the database alone: a run that another worker has by now takes no result of this one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from batten.cell.held import proved
from batten.masking import sentence
from batten.watch.assess.assessment import AssessProblem
from batten.watch.model import SERVICE, Assessed, Environment, Owned
from batten.watch.schedule import spool
from batten.watch.schedule.holding import Held, Holding
from batten.watch.settings import Settings, Watch
from batten.watch.store import assignments, environments, runs
from batten.watch.store.database import StoreProblem
from batten.watch.store.knowledge import settle

Assess = Callable[[Environment, Settings, Callable[[str], None], Callable[[], bool], Owned], Assessed]
Ending = Callable[[Connection, int], object]  # what is written of a run at its end, at a time

_LOG = logging.getLogger("batten.watch")
_FIRST, _LAST = 0.25, 15.0  # seconds between two attempts to write
_REFUSALS = 3  # of a database that answers


class Workshop:
    """What assesses in this process."""

    def __init__(self, watch: Watch, holding: Holding, assess: Assess) -> None:
        self.watch, self.holding, self.assess = watch, holding, assess
        self.closed = threading.Event()  # results that cannot be written stay on the disk

    def work(self, held: Held) -> None:
        """Assess a run that this process has, and write how it ended. Raises nothing."""
        try:
            self._write(held, self._outcome(held))
        finally:
            self.holding.let_go(held)

    def recover(self, lives: Callable[[str], bool]) -> None:
        """Write the results that workers left on the disk which live no more; what is another's by now is dropped. Raises
        SQLAlchemyError where the database is away."""
        for kept in spool.left(self.watch.settings.folder, lives):
            try:
                with self.watch.database.begin() as db:
                    settled = settle(db, kept.run, kept.assessed, self.holding.now(db))
            except Exception as error:
                if _away(error):
                    raise
                _LOG.exception(
                    "run %d: the result that %s left cannot be written", kept.run.id, kept.run.worker
                )
            else:
                done = "written" if settled is not None else "not needed any more"
                _LOG.info("run %d: the result that %s left is %s", kept.run.id, kept.run.worker, done)
            spool.drop(self.watch.settings.folder, kept.run, kept.name)

    def _outcome(self, held: Held) -> Assessed | str:
        """What was found; or why nothing was, "" for a run that is only to be let go of."""
        try:
            with self.watch.database.read() as db:
                environment = environments.find(db, SERVICE, held.run.environment)
                if environment is None:
                    return ""  # removed meanwhile, and its runs with it
                owned = assignments.owned(db, environment.team)
            with proved(lambda: held.until):
                return self.assess(environment, self.watch.settings, held.say, held.to_stop, owned)
        except AssessProblem as problem:
            return "" if held.to_stop() else str(problem)
        except SQLAlchemyError:
            return ""
        except Exception:
            _LOG.exception("run %d ended with an internal error", held.run.id)
            return "internal error: please report it with the service's log"

    def _write(self, held: Held, outcome: Assessed | str) -> None:
        if isinstance(outcome, str):
            self._repeat(held, self._ending(held, outcome))
            return
        kept = spool.keep(self.watch.settings.folder, held.run, outcome)
        written = self._repeat(held, lambda db, now: settle(db, held.run, outcome, now))
        if kept and written:
            spool.drop(self.watch.settings.folder, held.run)

    def _ending(self, held: Held, why: str) -> Ending:
        run = held.run
        if why:
            return lambda db, now: runs.fail(db, run, now, why)
        if held.refused:
            return lambda db, now: runs.stopped(db, run, now)
        return lambda db, now: runs.release(db, run, now)

    def _repeat(self, held: Held, write: Ending) -> bool:
        """Write until the database has taken or refused it; False where this process ends before."""
        wait, refusals = _FIRST, 0
        while True:
            try:
                with self.watch.database.begin() as db:
                    write(db, self.holding.now(db))
                return True
            except Exception as error:
                refusals += not _away(error)
                if _away(error):
                    _LOG.warning("run %d: its end cannot be written yet (%s)", held.run.id, _said(error))
                else:
                    _LOG.error("run %d: its end cannot be written", held.run.id, exc_info=error)
            if refusals == _REFUSALS:
                why = (
                    "internal error: the database refused the result; please report it with the service's log"
                )
                write = self._ending(held, why)
            if refusals > 2 * _REFUSALS or self.closed.wait(wait):
                return False
            wait = min(2 * wait, _LAST)


def _away(error: Exception) -> bool:
    """Whether the database is only not there, or has no room now."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    return isinstance(error, (StoreProblem, TimeoutError))


def _said(error: Exception) -> str:
    orig = error.orig if isinstance(error, DBAPIError) else error
    return sentence(str(orig).strip().splitlines()[0] if str(orig).strip() else type(error).__name__)

"""What is done once an hour: named jobs, of which none stops the others. Those of the database are one process's of all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress

from batten.files import Kind, Refused, Root, trees
from batten.files.lock import alone
from batten.watch.access.callers import IDLE
from batten.watch.assess.assessment import DECLARED, MIRRORS, WORK
from batten.watch.model import DAY
from batten.watch.schedule.holding import Clock
from batten.watch.settings import Settings, Watch
from batten.watch.store import hooks, knowledge, sessions, ticks, waivers
from batten.watch.store.pruning import prune

UNUSED = 30 * DAY


_REMEMBERED = 400 * DAY  # deliveries: a signature of GitHub's holds for ever
_LOG = logging.getLogger("batten.watch")


Job = tuple[str, Callable[[Watch, Clock], None]]


def keep_house(watch: Watch, now: Clock) -> list[str]:
    """Do what is of the database; the names of the jobs that failed, whose errors are in the log."""
    return _done(_OF_DATABASE, watch, now)


def keep_folder(watch: Watch, now: Clock) -> list[str]:
    """Do what is of this machine's data folder; the names of the jobs that failed."""
    return _done(_OF_FOLDER, watch, now)


def _done(jobs: tuple[Job, ...], watch: Watch, now: Clock) -> list[str]:
    failed = []
    for name, job in jobs:
        try:
            job(watch, now)
        except Exception:
            _LOG.exception("housekeeping: %s: this failed, and is tried again in an hour", name)
            failed.append(name)
    return failed


def _waivers(watch: Watch, now: Clock) -> None:
    for step in (waivers.expire, waivers.warn):
        found = True
        while found:
            with watch.database.begin() as db:
                found = bool(step(db, now(db)))


def _paused(watch: Watch, now: Clock) -> None:
    """What is not assessed by itself is not known any more after its objective, either, though no alert says so."""
    with watch.database.read() as db:
        found = ticks.silent(db, now(db))
    for number in found:
        with watch.database.begin() as db:
            knowledge.lapse(db, number, now(db))


def _prune(watch: Watch, now: Clock) -> None:
    with watch.database.read() as db:
        at = now(db)
    prune(watch.database, watch.settings.keep_days, at)


def _sessions(watch: Watch, now: Clock) -> None:
    with watch.database.begin() as db:
        sessions.prune(db, now(db), IDLE)


def _deliveries(watch: Watch, now: Clock) -> None:
    with watch.database.begin() as db:
        hooks.forget(db, now(db) - _REMEMBERED)


def _files(watch: Watch, now: Clock) -> None:
    with watch.database.read() as db:
        at = now(db)
    tidy(watch.settings, at)


_OF_DATABASE: tuple[Job, ...] = (
    ("waivers that end", _waivers),
    ("what is not known of paused environments", _paused),
    ("sessions that expired", _sessions),
    ("deliveries of webhooks", _deliveries),
    ("what is too old to be kept", _prune),
)
_OF_FOLDER: tuple[Job, ...] = (("mirrors of repositories that are not used", _files),)


def tidy(settings: Settings, now: int) -> int:
    """Remove what was last used more than a month before `now`, and work that is more than a day old; how many things went.
    A mirror that is in use stays. Raises OSError."""
    data = Root(settings.folder, 0o700)
    gone = 0
    for name in _old(data, MIRRORS, now):
        mirror = settings.folder / MIRRORS / name.removesuffix(".lock")
        if name.endswith(".lock") and mirror.exists():
            with suppress(TimeoutError), alone(data, f"{MIRRORS}/{name}", 0.0):
                trees.remove(mirror)
                gone += 1
    for name in _old(data, DECLARED, now):
        gone += data.remove(f"{DECLARED}/{name}")
    for name in _old(data, WORK, now - DAY + UNUSED, Kind.FOLDER):
        trees.remove(settings.folder / WORK / name)
        gone += 1
    return gone


def _old(data: Root, folder: str, now: int, wanted: Kind = Kind.FILE) -> Iterator[str]:
    """The files of a folder that were last written more than a month ago."""
    with suppress(FileNotFoundError, Refused):
        for name, kind in data.entries(folder):
            if kind is wanted and data.status(f"{folder}/{name}").st_mtime * 1000 < now - UNUSED:
                yield name

"""Results that are not written yet: kept in the data folder from the moment that they are there until the database has them."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from batten.files import Refused, Root
from batten.model.record import record
from batten.watch.model import Assessed, Run

_FOLDER = "spool"
_LARGEST = 1 << 30  # bytes
_LOG = logging.getLogger("batten.watch")


@record
class Kept:
    """A finished assessment, and the run that it is of."""

    run: Run
    assessed: Assessed


def keep(folder: Path, one: Kept) -> bool:
    """Write a result, on the disk when this returns; False where that is not possible."""
    try:
        Root(folder, 0o700).replace(_path(one.run), msgspec.json.encode((one.run, one.assessed)), 0o600)
    except (OSError, Refused) as error:
        _LOG.warning(
            "the result of run %d is in memory alone, and lost if this process ends: %s", one.run.id, error
        )
        return False
    return True


def drop(folder: Path, run: Run) -> None:
    """Remove a result that the database has, or wants no more."""
    try:
        Root(folder, 0o700).remove(_path(run))
    except (OSError, Refused) as error:
        _LOG.warning("the kept result of run %d stays: %s", run.id, error)


def of(folder: Path, worker: str) -> list[Kept]:
    """The results that a worker left. One that cannot be read is removed: its run is assessed again."""
    root = Root(folder, 0o700)
    try:
        names = [name for name, _ in root.entries(_FOLDER) if name.startswith(f"{worker}.")]
    except (OSError, Refused):
        return []
    found = [_read(root, f"{_FOLDER}/{name}") for name in sorted(names)]
    return [one for one in found if one is not None]


def _read(root: Root, path: str) -> Kept | None:
    try:
        run, assessed = msgspec.json.decode(root.read(path, _LARGEST), type=tuple[Run, Assessed])
    except FileNotFoundError:
        return None
    except (OSError, Refused, msgspec.MsgspecError) as error:
        _LOG.warning("a kept result cannot be read, and is removed: %s", error)
        root.remove(path)
        return None
    return Kept(run, assessed)


def _path(run: Run) -> str:
    return f"{_FOLDER}/{run.worker}.{run.id}.{run.attempt}"

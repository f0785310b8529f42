"""Results that are not written yet: kept in the data folder from the moment that they are there until the database has them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from batten.files import Refused, Root
from batten.model.record import record
from batten.watch.model import Assessed, Run

_FOLDER = "spool"
_LARGEST = 1 << 30  # bytes
# The run, its attempt, its worker; and what is added while the file is written.
_NAME = re.compile(r"\d+\.\d+\.(?P<worker>.+-\d+-[0-9a-f]{8})(\.[0-9a-f]{12})?")
_LOG = logging.getLogger("batten.watch")


@record
class Kept:
    """A finished assessment, the run that it is of, and the file that it is in."""

    run: Run
    assessed: Assessed
    name: str = ""


def keep(folder: Path, run: Run, assessed: Assessed) -> bool:
    """Write a result, on the disk when this returns; False where that is not possible."""
    data = msgspec.json.encode((run, assessed))
    try:
        Root(folder, 0o700).replace(f"{_FOLDER}/{run.id}.{run.attempt}.{run.worker}", data, 0o600)
    except (OSError, Refused) as error:
        _LOG.warning(
            "the result of run %d is in memory alone, and lost if this process ends: %s", run.id, error
        )
        return False
    return True


def drop(folder: Path, run: Run, name: str = "") -> None:
    """Remove a result that the database has, or wants no more."""
    try:
        Root(folder, 0o700).remove(f"{_FOLDER}/{name or f'{run.id}.{run.attempt}.{run.worker}'}")
    except (OSError, Refused) as error:
        _LOG.warning("the kept result of run %d stays: %s", run.id, error)


def left(folder: Path, lives: Callable[[str], bool]) -> list[Kept]:
    """The results that workers left which live no more. One that cannot be read is removed: its run is assessed again."""
    root = Root(folder, 0o700)
    try:
        names = sorted(name for name, _ in root.entries(_FOLDER))
    except (OSError, Refused):
        return []
    found = [(name, _NAME.fullmatch(name)) for name in names]
    kept = [_read(root, name) for name, parts in found if parts is not None and not lives(parts["worker"])]
    return [one for one in kept if one is not None]


def _read(root: Root, name: str) -> Kept | None:
    path = f"{_FOLDER}/{name}"
    try:
        run, assessed = msgspec.json.decode(root.read(path, _LARGEST), type=tuple[Run, Assessed])
    except FileNotFoundError:
        return None
    except (OSError, Refused, msgspec.MsgspecError) as error:
        _LOG.warning("a kept result cannot be read, and is removed: %s", error)
        root.remove(path)
        return None
    return Kept(run, assessed, name)

"""What assessments leave in the data folder: mirrors of repositories and kept reports that were not used for a month, and the
files of assessments that were killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from batten.files import Kind, Refused, Root, trees
from batten.files.lock import alone
from batten.watch.assess.assessment import DECLARED, MIRRORS, WORK
from batten.watch.model import DAY
from batten.watch.settings import Settings

UNUSED = 30 * DAY


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

"""What assessments leave in the data folder, and nobody has used for a month: mirrors of repositories, and kept reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from batten.files import Kind, Refused, Root, trees
from batten.files.lock import alone
from batten.watch.assess.assessment import DECLARED, MIRRORS
from batten.watch.model import DAY
from batten.watch.settings import Settings

UNUSED = 30 * DAY


def tidy(settings: Settings, now: int) -> int:
    """Remove what was last used more than a month before `now`; how many things went. One that is in use stays. Raises
    OSError."""
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
    return gone


def _old(data: Root, folder: str, now: int) -> Iterator[str]:
    """The files of a folder that were last written more than a month ago."""
    with suppress(FileNotFoundError, Refused):
        for name, kind in data.entries(folder):
            if kind is Kind.FILE and data.status(f"{folder}/{name}").st_mtime * 1000 < now - UNUSED:
                yield name

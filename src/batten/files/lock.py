"""One command at a time where two would write the same files."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from batten.files.root import Refused
from batten.files.state import NoState, State

_EVERY = 0.05  # seconds
_HELD: set[str] = set()  # by this process


@contextmanager
def locked(state: State, name: str, seconds: float = 120.0) -> Iterator[None]:
    """Hold a lock of the root's for the block, and for blocks within it; it ends with the process, however that ends.
    Raises NoState."""
    held = str(state.place / name)
    if held in _HELD:
        yield
        return
    try:
        folder = state.files.open_folder(state.folder)
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except (OSError, Refused) as error:
        raise NoState(f"{state.place}/{name} cannot be written: {error}; set XDG_STATE_HOME") from error
    try:
        until = time.monotonic() + seconds
        while not _taken(opened):
            if time.monotonic() > until:
                raise NoState(
                    f"another batten process is writing here ({state.place}/{name}); wait for it, or end it"
                )
            time.sleep(_EVERY)
        _HELD.add(held)
        yield
    finally:
        _HELD.discard(held)
        os.close(opened)


def _taken(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

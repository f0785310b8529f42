"""One command at a time where two would write the same files."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from batten.files.folders import Refused
from batten.files.root import Root
from batten.files.state import NoState, State

_EVERY = 0.05  # seconds
_OWN = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCKED: set[str] = set()  # by this process


@contextmanager
def locked(state: State, name: str, seconds: float = 120.0) -> Iterator[None]:
    """Hold a lock of the root's for the block, and for blocks within it; it ends with the process, however that ends.
    Raises NoState."""
    path = str(state.place / name)
    if path in _LOCKED:
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
        _LOCKED.add(path)
        yield
    finally:
        _LOCKED.discard(path)
        os.close(opened)


@contextmanager
def alone(root: Root, path: str, seconds: float) -> Iterator[None]:
    """Hold the lock of a file below the root for the block; it ends with the process, and the file's time says when it was last
    taken. Raises TimeoutError where another has it for longer, Refused and OSError."""
    above, _, name = path.rpartition("/")
    opened = os.open(name, _OWN | os.O_CREAT, 0o600, dir_fd=root.open_folder(above))
    try:
        until = time.monotonic() + seconds
        while not _taken(opened):
            if time.monotonic() > until:
                raise TimeoutError(f"another process holds {path}")
            time.sleep(_EVERY)
        os.utime(opened)
        yield
    finally:
        os.close(opened)


def _taken(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take(root: Root, path: str) -> int:
    """Make a file whose lock is held until the descriptor is closed, or this process ends, however it ends: the file has its
    name when the lock is held, not before; until then that begins with a dot. Raises Refused and OSError."""
    above, _, name = path.rpartition("/")
    fresh = f"{above}/.{name}.{os.urandom(6).hex()}"
    root.create(fresh, b"", 0o600)
    opened = os.open(fresh.rpartition("/")[2], _OWN, dir_fd=root.open_folder(above))
    fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    root.move(fresh, name)
    return opened


def beat(opened: int) -> None:
    """Set the time of a file that `take` made, so that others see its holder go on."""
    os.utime(opened)


def silent(root: Root, path: str) -> float | None:
    """Seconds since the holder of a file set its time; None where there is no such file. Raises Refused and OSError."""
    try:
        return max(0.0, time.time() - root.status(path).st_mtime)
    except FileNotFoundError:
        return None


def is_locked(root: Root, path: str) -> bool | None:
    """True if a process holds the lock of a file, False if none does; None where there is no such file. Raises Refused and OSError."""
    above, _, name = path.rpartition("/")
    try:
        opened = os.open(name, _OWN, dir_fd=root.open_folder(above))
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look at once find the same
    except BlockingIOError:
        return True
    finally:
        os.close(opened)
    return False

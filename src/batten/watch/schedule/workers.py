"""Who works: each process has a name of its own, and holds the lock of a file of that name for as long as it lives.

The kernel drops the lock with the process, however it ends. So what shares a data folder knows at once which worker is gone,
and no clock is asked. Of a worker on another machine there is no file: nothing is known of it but its heartbeats.
"""

from __future__ import annotations

import os
import re
import socket
from enum import Enum
from pathlib import Path

from batten.files import Refused, Root
from batten.files.lock import beat, is_locked, silent, take

_FOLDER = "workers"
_SILENT = 60.0  # seconds
_LONGEST = 40  # characters of a host's name
_FOREIGN = re.compile(r"[^A-Za-z0-9.-]")


class Life(Enum):
    """What is known of a worker."""

    LIVES = "lives"  # its process does; it may hang
    GONE = "gone"
    UNKNOWN = "unknown"  # it is on another machine


class WorkerProblem(Exception):
    """This process cannot work; the sentence says why."""


def healthy(folder: Path) -> bool:
    """Whether a process works in a data folder: it lives, and its loop went on within a minute. Raises WorkerProblem."""
    root = _root(folder)
    try:
        names = [f"{_FOLDER}/{name}" for name, _ in root.entries(_FOLDER) if not name.startswith(".")]
        return any(is_locked(root, name) and (silent(root, name) or 0.0) < _SILENT for name in names)
    except (OSError, Refused) as error:
        raise WorkerProblem(f"{folder / _FOLDER} cannot be read: {error}") from error


class Worker:
    """This process among workers. Raises WorkerProblem."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        host = _FOREIGN.sub("-", socket.gethostname())[:_LONGEST]
        self.name = f"{host}-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            self._lock = take(_root(folder), f"{_FOLDER}/{self.name}")
        except (OSError, Refused) as error:
            raise WorkerProblem(f"{folder / _FOLDER} cannot be used: {error}") from error

    def knows(self, name: str) -> Life:
        """What is known of the worker of a name."""
        try:
            there = is_locked(_root(self.folder), f"{_FOLDER}/{name}")
        except (OSError, Refused):
            return Life.UNKNOWN
        return {True: Life.LIVES, False: Life.GONE, None: Life.UNKNOWN}[there]

    def gone(self) -> list[str]:
        """The workers of this folder that are gone."""
        try:
            names = [name for name, _ in _root(self.folder).entries(_FOLDER)]
        except (OSError, Refused):
            return []
        named = (name for name in names if name != self.name and not name.startswith("."))
        return [name for name in named if self.knows(name) is Life.GONE]

    def forget(self, name: str) -> None:
        """Remove the file of a worker that is gone, when it has no run any more."""
        _remove(self.folder, name)

    def beat(self) -> None:
        """Show that this process goes on (`healthy`)."""
        beat(self._lock)

    def leave(self) -> None:
        """This process works no more."""
        _remove(self.folder, self.name)
        os.close(self._lock)


def _root(folder: Path) -> Root:
    return Root(folder, 0o700)


def _remove(folder: Path, name: str) -> None:
    try:
        _root(folder).remove(f"{_FOLDER}/{name}")
    except (OSError, Refused):
        return  # it is looked at again

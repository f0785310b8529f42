"""What active assessments may have created, kept in this user's state: a run that was killed can be cleaned up after."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator

import msgspec

from batten.files import NoState, Refused, State
from batten.files.lock import is_locked, take
from batten.live.writing.created import Note, Writing
from batten.model.record import record

FOLDER = "created"
PURPOSE = "created"
MOST = 8 * 1024 * 1024  # bytes of one journal
_BUSY = ".busy"


@record
class Leftover:
    """What one run may have left in one environment. `name` is that of its file; `busy`: the run goes on."""

    name: str
    environment: str
    url: str
    writings: tuple[Writing, ...]
    busy: bool = False


@record
class _Noted:
    environment: str
    url: str
    writings: tuple[Writing, ...]


class Journal:
    """One run's notes, a file for each environment. The file of the run is locked as long as the process lives."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._run = secrets.token_hex(8)
        self._lock: int | None = None

    def note(self, environment: str, url: str) -> Note:
        """Keeps what may have been created there, all of it each time. Raises NoState where it cannot be kept."""
        digest = hashlib.blake2b(environment.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        path = self._path(f"{self._run}.{digest}")

        def kept(writings: tuple[Writing, ...]) -> None:
            try:
                self._write(path, _Noted(environment, url, writings))
            except (OSError, Refused) as error:
                raise NoState(f"what is created cannot be noted: {error}; set XDG_STATE_HOME") from error

        return kept

    def _write(self, path: str, noted: _Noted) -> None:
        if not noted.writings:
            self._state.files.remove(path)
            return
        if self._lock is None:
            self._state.files.make_folder(self._path("").rstrip("/"))
            self._lock = take(self._state.files, self._path(self._run + _BUSY))
        self._state.files.replace(path, self._state.sealed(PURPOSE, msgspec.json.encode(noted)), 0o600)

    def _path(self, name: str) -> str:
        return self._state.path(f"{FOLDER}/{name}")

    def close(self) -> None:
        """Let go of the run's lock; what is still noted stays."""
        if self._lock is not None:
            self._state.files.remove(self._path(self._run + _BUSY))
            os.close(self._lock)
            self._lock = None


def leftovers(state: State) -> Iterator[Leftover]:
    """What earlier runs noted and did not remove. What another than this user wrote does not count."""
    folder = state.path(FOLDER)
    if not state.files.exists(folder):
        return
    for name, _ in sorted(state.files.entries(folder)):
        if name.endswith(_BUSY) or name.startswith("."):
            noted = None
        else:
            try:
                data = state.opened(PURPOSE, state.files.read(f"{folder}/{name}", MOST))
                noted = msgspec.json.decode(data, type=_Noted) if data is not None else None
            except (OSError, Refused, msgspec.MsgspecError):
                noted = None
        if noted is not None:
            busy = is_locked(state.files, f"{folder}/{name.partition('.')[0]}{_BUSY}")
            yield Leftover(name, noted.environment, noted.url, noted.writings, bool(busy))


def settle(state: State, leftover: Leftover, left: tuple[Writing, ...]) -> None:
    """Keep only what is still left of it. Raises Refused and OSError."""
    path = state.path(f"{FOLDER}/{leftover.name}")
    if not left:
        state.files.remove(path)
        state.files.remove(state.path(f"{FOLDER}/{leftover.name.partition('.')[0]}{_BUSY}"))
        return
    noted = _Noted(leftover.environment, leftover.url, left)
    state.files.replace(path, state.sealed(PURPOSE, msgspec.json.encode(noted)), 0o600)

"""Where batten keeps its own things: outside every checkout, for this user's eyes, under a key of this user's.

State (history, undo journals, what the user trusts) stands below $XDG_STATE_HOME, what can be made again below
$XDG_CACHE_HOME (https://specifications.freedesktop.org/basedir-spec/latest/); on macOS below ~/Library. Each root has a
folder of its own, named by a digest of its path.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from batten.files.folders import Refused
from batten.files.root import Root

SEAL = 32  # bytes
_KEY = "key"


class NoState(Exception):
    """batten cannot keep anything here; the sentence says why and what to do."""


@dataclass(slots=True)
class State:
    """The folder of one root, reached from the folder of them all: `files` is that one, `folder` the path below it."""

    files: Root
    folder: str
    key: bytes

    def path(self, name: str) -> str:
        """A name in the root's folder, as `files` knows it."""
        return f"{self.folder}/{name}"

    @property
    def place(self) -> Path:
        return Path(self.files.path, self.folder)

    def seal(self, purpose: str, data: bytes) -> bytes:
        """What only this user could have put under the data, for this root and purpose (SEAL bytes)."""
        return hmac.digest(self.key, f"{purpose}\0{self.folder}\0".encode() + data, "sha256")

    def sealed(self, purpose: str, data: bytes) -> bytes:
        return self.seal(purpose, data) + data

    def opened(self, purpose: str, sealed: bytes) -> bytes | None:
        """The data under a seal of ours; None when the seal does not hold."""
        seal, data = sealed[:SEAL], sealed[SEAL:]
        return data if hmac.compare_digest(seal, self.seal(purpose, data)) else None


def state_of(root: str) -> State:
    """The state of what lies below a root (a real path). Raises NoState."""
    return _open(_home(*_STATE), root)


def cache_of(root: str) -> State:
    """The same for what can be made again. Raises NoState."""
    return _open(_home("XDG_CACHE_HOME", ".cache", "Caches"), root)


def unfinished(root: Path) -> bool:
    """Whether a command that writes below this root was interrupted; nothing is made to find out."""
    try:
        place = Path(os.path.realpath(_home(*_STATE)), "batten", _named(os.path.realpath(root)), "undo")
        return any(name.endswith(".busy") for name in os.listdir(place))
    except (NoState, OSError):
        return False


_STATE = ("XDG_STATE_HOME", ".local/state", "Application Support")


def _home(variable: str, usual: str, library: str) -> Path:
    named = os.environ.get(variable, "")
    if named and Path(named).is_absolute():  # the specification: relative ones are to be ignored
        return Path(named)
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise NoState(f"there is no home folder for batten's state; set {variable}")
    return Path(home, "Library", library) if sys.platform == "darwin" else Path(home, usual)


def _open(home: Path, root: str) -> State:
    place = os.path.realpath(home)
    if place == root or place.startswith(root.rstrip("/") + "/"):
        raise NoState(
            f"{place} is inside the reviewed folder; set XDG_STATE_HOME and XDG_CACHE_HOME elsewhere"
        )
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        above = Root(place, 0o700)
        above.make_folder("batten")
        files = Root(Path(place, "batten"), 0o700)
        if files.path != str(Path(place, "batten")):
            raise NoState(f"{place}/batten is a symbolic link; replace it by a folder")
        status = files.status("")
        if status.st_uid != os.geteuid():
            raise NoState(
                f"{files.path} belongs to another user; set XDG_STATE_HOME and XDG_CACHE_HOME elsewhere"
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            os.chmod(files.path, 0o700)
        folder = _named(root)
        files.make_folder(folder)
        return State(files, folder, _key(files))
    except (OSError, Refused) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NoState(
            f"{place}/batten cannot be used: {reason}; set XDG_STATE_HOME and XDG_CACHE_HOME"
        ) from error


def _named(root: str) -> str:
    """A name that tells people which root it is, and tells two roots apart."""
    word = re.sub(r"[^A-Za-z0-9.]+", "-", os.path.basename(root)).strip("-.")[:32]
    digest = hashlib.blake2b(os.fsencode(root), digest_size=10).hexdigest()
    return f"{word or 'root'}-{digest}"


def _key(files: Root) -> bytes:
    """This user's key, made when it is first needed; of two that make one, the quicker wins."""
    for _ in range(2):
        with suppress(FileNotFoundError):
            found = files.read(_KEY, 1024)
            if len(found) == SEAL:
                return found
            files.remove(_KEY)
        fresh = f"{_KEY}.{os.urandom(6).hex()}"
        files.create(fresh, os.urandom(SEAL), 0o600)
        with suppress(FileExistsError):
            files.move(fresh, _KEY, over=False)
        files.remove(fresh)
    raise NoState(f"{files.path}/{_KEY} cannot be read; remove it")

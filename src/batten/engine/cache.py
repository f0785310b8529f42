"""What a review of the same files found before, in `.batten/cache`.

A whole review is kept, not its facts: facts hold what configurations say, secrets included, and those are
written nowhere. An answer is used again when everything that was asked of the file system (contents, names
in a folder, whether a file is there) is answered the same, by content and not by date.

A checkout can bring a `.batten/cache` of somebody else's: one that hides findings, or runs code when it is
unpickled. So an answer counts only under a seal made with a key of this user's, which lies outside the
checkout; and only batten's own records are unpickled even then.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import batten
from batten import masking
from batten.controls import offering
from batten.formats import Workspace
from batten.model import Finding, Fix, Problem
from batten.model.record import record
from batten.technologies import Unit

FOLDER = ".batten/cache"
KEPT = 16  # answers, newest first; a repository has a handful of policies and ways of asking
LARGEST = 64 * 1024 * 1024  # bytes
SEAL = 32  # bytes

_PLAIN = frozenset(
    ["builtins.frozenset", "builtins.set", "datetime.date", "datetime.datetime", "datetime.timezone"]
)


@record
class Kept:
    """A review's outcome, without secrets. `told` are the first findings' fixes, without edits; the `owners` are those of
    the files that findings point to; `secrets` are the places, not the texts, of what those files show of secrets."""

    findings: tuple[Finding, ...]
    told: tuple[Fix | None, ...]
    problems: tuple[Problem, ...]
    owners: dict[str, Unit]
    owners_by: dict[tuple[str, str], Unit]
    files: int
    units: int
    witness: dict[tuple[str, str], object]
    secrets: dict[str, tuple[tuple[int, int], ...]]


@dataclass(slots=True)
class Cache:
    """Answers below one root, under one user's key."""

    folder: Path
    key: bytes

    def digest(self, data: bytes) -> bytes:
        """A short fingerprint that says nothing to whoever has not the key."""
        return hashlib.blake2b(data, digest_size=16, key=self.key).digest()

    def find(self, question: str, workspace: Workspace) -> Kept | None:
        """The answer to the same question, if all that it rests on is still so."""
        try:
            sealed = self._place(question).read_bytes()
        except OSError:
            return None
        seal, body = sealed[:SEAL], sealed[SEAL:]
        if not hmac.compare_digest(seal, self._seal(question, body)):
            return None
        try:
            kept = _Records(io.BytesIO(body)).load()
        except Exception:  # of another version, or cut short: an answer that cannot be read is none
            return None
        if not isinstance(kept, Kept) or not workspace.still(kept.witness, self.digest):
            return None
        return kept

    def keep(self, question: str, kept: Kept) -> None:
        """Write an answer; another run may do so at the same time. What cannot be written is not kept."""
        body = pickle.dumps(kept, protocol=5)
        if len(body) > LARGEST or masking.known(body.decode("utf-8", "replace")):
            return  # a place or a remedy can name a secret, and cannot do without it
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = _written(self.folder, self._seal(question, body) + body)
            fresh.replace(self._place(question))
            self._prune()

    def _place(self, question: str) -> Path:
        return self.folder / self.digest(question.encode()).hex()

    def _seal(self, question: str, body: bytes) -> bytes:
        return hmac.digest(self.key, question.encode() + b"\0" + body, "sha256")

    def _prune(self) -> None:
        by_age = sorted(self.folder.iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            old.unlink(missing_ok=True)


class _Records(pickle.Unpickler):
    """Loads batten's own records and plain values, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in _PLAIN and module.partition(".")[0] != "batten":
            raise pickle.UnpicklingError(f"{module}.{name} is not a record")
        found = super().find_class(module, name)
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is not a record")
        return found


def open_cache(root: Path) -> Cache | None:
    """The cache below a root; None where this user can keep no key."""
    key = _key()
    return Cache(root / FOLDER, key) if key else None


def _key() -> bytes | None:
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "batten" / "key"
    try:
        return _read_key(place) or _new_key(place)
    except (OSError, RuntimeError):  # RuntimeError: no home
        return None


def _read_key(place: Path) -> bytes | None:
    try:
        key = place.read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) == SEAL else None


def _new_key(place: Path) -> bytes | None:
    """A fresh key, put in place whole; whoever was quicker wins."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = _written(place.parent, os.urandom(SEAL))
    with suppress(FileExistsError):
        os.link(fresh, place)
    fresh.unlink()
    return _read_key(place)


def _written(folder: Path, data: bytes) -> Path:
    """A new file of a name that nobody else uses, for this user's eyes."""
    place = folder / f".new-{os.getpid()}-{os.urandom(4).hex()}"
    with open(place, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
    return place


def question(paths: Iterable[str], *others: object) -> str:
    """What a review depends on beside the files: their names, this batten, its plug-ins, the policy."""
    listed = hashlib.sha256("\n".join(paths).encode("utf-8", "surrogatepass")).hexdigest()
    return repr((listed, batten.__version__, sys.version_info[:2], _code(), offering(), *others))


def _code() -> str:
    """A fingerprint of batten's own files, so that whoever changes it does not see what it said before."""
    found: list[tuple[str, int, int]] = []
    _gather(str(Path(batten.__file__).parent), found.append)
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()


def _gather(folder: str, add: Callable[[tuple[str, int, int]], None]) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name != "__pycache__":
                _gather(entry.path, add)
        elif entry.name.endswith(".py"):
            status = entry.stat()
            add((entry.path, status.st_mtime_ns, status.st_size))

"""What a review of the same files found before, in this user's cache.

A whole review is kept, not its facts: facts hold what configurations say, secrets included, and those are
written nowhere. An answer is used again when everything that was asked of the file system (contents, names
in a folder, whether a file is there) is answered the same, by content and not by date.

An answer counts only under a seal made with this user's key, and only batten's own records are unpickled even then:
one that another user put there could hide findings, or run code.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import batten
from batten import masking
from batten.controls import offering
from batten.engine.ledger import Ledger
from batten.files import NoState, Refused, State, cache_of
from batten.files.own import own_files
from batten.formats import Workspace
from batten.model import Finding, Fix, Problem
from batten.model.record import record
from batten.technologies import Unit

FOLDER = "answers"
KEPT = 16  # answers, newest first; a repository has a handful of policies and ways of asking
LARGEST = 64 * 1024 * 1024  # bytes

_PLAIN = frozenset(
    ["builtins.frozenset", "builtins.set", "datetime.date", "datetime.datetime", "datetime.timezone"]
)


@record
class Kept:
    """A review's outcome, without secrets. `told` are the fixes of the
    first findings that count, by number, without edits; the `owners` are those of
    the files that findings point to; `secrets` are the places, not the texts, of what those files show of secrets."""

    findings: tuple[Finding, ...]
    told: dict[int, Fix | None]
    problems: tuple[Problem, ...]
    owners: dict[str, Unit]
    owners_by: dict[tuple[str, str], Unit]
    files: int
    units: int
    ledger: Ledger
    witness: dict[tuple[str, str], object]
    secrets: dict[str, tuple[tuple[int, int], ...]]
    judged: frozenset[str] = frozenset()
    quiet: dict[str, int] = field(default_factory=dict)
    largest: int = 0  # bytes: the largest body that a file allows


@dataclass(slots=True)
class Cache:
    """Answers about one root, under one user's key."""

    state: State

    def digest(self, data: bytes) -> bytes:
        """A short fingerprint that says nothing to anyone who has not the key."""
        return hashlib.blake2b(data, digest_size=16, key=self.state.key).digest()

    def find(self, question: str, workspace: Workspace) -> Kept | None:
        """The answer to the same question, if all that it rests on is still so."""
        try:
            sealed = self.state.files.read(self._place(question), LARGEST)
        except (OSError, Refused):
            return None
        body = self.state.opened(question, sealed)
        if body is None:
            return None
        kept = records_of(body)
        if not isinstance(kept, Kept) or not workspace.still(kept.witness, self.digest):
            return None
        return kept

    def keep(self, question: str, kept: Kept) -> None:
        """Write an answer; another run may do so at the same time. What cannot be written is not kept."""
        body = pickle.dumps(kept, protocol=5)
        if len(body) > LARGEST or masking.known(body.decode("utf-8", "replace")):
            return  # a place or a remedy can name a secret, and cannot do without it
        with suppress(OSError, Refused):
            self.state.files.replace(self._place(question), self.state.sealed(question, body), 0o600)
            files, folder = self.state.files, self.state.path(FOLDER)
            names = [f"{folder}/{name}" for name, _ in files.entries(folder)]
            for old in sorted(names, key=lambda p: files.status(p).st_mtime, reverse=True)[KEPT:]:
                files.remove(old)

    def _place(self, question: str) -> str:
        return self.state.path(f"{FOLDER}/{self.digest(question.encode()).hex()}")


def records_of(body: bytes) -> object:
    """What was pickled under this user's seal, of batten's own records; None where it cannot be read: it is of another version,
    or cut short."""
    try:
        return _Records(io.BytesIO(body)).load()
    except Exception:
        return None


class _Records(pickle.Unpickler):
    """Loads batten's own records and plain values, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in _PLAIN and module.partition(".")[0] != "batten":
            raise pickle.UnpicklingError(f"{module}.{name} is not a record")
        found = super().find_class(module, name)
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is not a record")
        return found


def open_cache(workspace: Workspace) -> Cache | None:
    """The cache of a root; None where this user can keep none."""
    try:
        return Cache(cache_of(workspace.files.path))
    except NoState:
        return None


def question(paths: Iterable[str], *others: object) -> str:
    """What a review depends on beside the files: their names, this batten, its plug-ins, the policy."""
    listed = hashlib.sha256("\n".join(paths).encode("utf-8", "surrogatepass")).hexdigest()
    # A fingerprint of batten's own files, so that a changed batten never shows what the former one said.
    return repr(
        (
            listed,
            batten.__version__,
            sys.version_info[:2],
            hashlib.sha256(repr(sorted(own_files())).encode()).hexdigest(),
            offering(),
            *others,
        )
    )

"""What a run over many targets knows so far, in this user's state under a seal, so that an interrupted one can go on."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from batten import masking
from batten.engine.cache import LARGEST, records_of
from batten.engine.environments import Kept
from batten.files import NoState, Refused, State
from batten.live.fleet.discovery import Seen, Swept
from batten.live.fleet.listeners import Listener
from batten.model.record import record

FOLDER = "fleet"
MOST_RUNS = 8  # interrupted ones that are kept, newest first
_BEGUN, _FOUND = "begun", "found"


@record
class AddressRow:
    """An address, as it is written."""

    host: str
    address: str
    open: tuple[int, ...]
    closed: int
    silent: int


@record
class Found:
    """How far the discovery is; `listeners` None while it goes on."""

    rows: tuple[AddressRow, ...]
    unresolved: Mapping[str, str]
    rounds: int
    connections: int
    seconds: float
    complete: bool
    listeners: tuple[Listener, ...] | None = None


@dataclass(slots=True)
class Resumption:
    """One run's progress, under the digest of its inputs: others are another run's."""

    state: State
    digest: str
    begun: str  # ISO time, UTC
    kept: dict[str, tuple[str, Kept]] = field(default_factory=dict)  # when it was done, by target
    found: Found | None = None

    def keep(self, name: str, kept: Kept) -> None:
        """A target that is done. What would hold a secret, or cannot be written, is not kept: it is assessed again."""
        try:
            body = pickle.dumps((name, _now(), kept), protocol=5)
        except (pickle.PicklingError, AttributeError, TypeError, RecursionError):
            return
        if len(body) <= LARGEST and not masking.known(body.decode("utf-8", "replace")):
            self._write(_file(name), body)

    def note(self, swept: Swept, listeners: tuple[Listener, ...] | None = None) -> None:
        """What discovery found so far."""
        rows = tuple(
            AddressRow(host, address, tuple(s.open), s.closed, s.silent)
            for (host, address), s in swept.seen.items()
        )
        self.found = Found(
            rows, swept.unresolved, swept.rounds, swept.connections, swept.seconds, swept.complete, listeners
        )
        self._write(_FOUND, msgspec.json.encode(self.found))

    def over(self) -> None:
        """Forget it: the run is complete."""
        _clear(self.state, self.digest)

    def _write(self, name: str, body: bytes) -> None:
        """What cannot be written is not kept: the run goes on."""
        with suppress(OSError, Refused):
            path = self.state.path(f"{FOLDER}/{self.digest}/{name}")
            self.state.files.replace(path, self.state.sealed(f"{FOLDER} {self.digest} {name}", body), 0o600)


def swept_of(found: Found) -> Swept:
    """Discovery as it was when it was noted."""
    seen = {(r.host, r.address): Seen(list(r.open), r.closed, r.silent) for r in found.rows}
    return Swept(seen, dict(found.unresolved), found.rounds, found.connections, found.seconds, found.complete)


def digest_of(*inputs: object) -> str:
    """A name for a run's inputs."""
    return hashlib.sha256(repr(inputs).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def begin(state: State, digest: str) -> Resumption:
    """A run from its beginning; what an earlier one with the same inputs knew is forgotten. Raises NoState."""
    try:
        _clear(state, digest)
        # Forget the oldest runs.
        folder = state.path(FOLDER)
        known = sorted(
            _names(state, FOLDER), key=lambda d: state.files.status(f"{folder}/{d}").st_mtime, reverse=True
        )
        for old in known[MOST_RUNS - 1 :]:
            _clear(state, old)
        made = Resumption(state, digest, _now())
        made._write(_BEGUN, made.begun.encode())
        return made
    except (OSError, Refused) as error:
        raise NoState(f"the progress of the run cannot be kept: {error}; set XDG_STATE_HOME") from error


def resume(state: State, digest: str) -> Resumption | None:
    """The run with these inputs that was interrupted; None where there is none. Files that this user did not write, or that
    cannot be read, count for nothing."""
    begun = _read(state, digest, _BEGUN)
    if begun is None:
        return None
    found = _read(state, digest, _FOUND)
    made = Resumption(state, digest, begun.decode("ascii", "replace"))
    with suppress(msgspec.MsgspecError):
        made.found = msgspec.json.decode(found, type=Found) if found is not None else None
    made.kept = {name: (when, kept) for name, when, kept in _targets(state, digest)}
    return made


def _targets(state: State, digest: str) -> Iterator[tuple[str, str, Kept]]:
    for name in _names(state, f"{FOLDER}/{digest}"):
        body = _read(state, digest, name) if name.startswith("t.") else None
        done = records_of(body) if body is not None else None
        match done:
            case (str() as target, str() as when, Kept() as kept) if _file(target) == name:
                yield target, when, kept


def _read(state: State, digest: str, name: str) -> bytes | None:
    try:
        sealed = state.files.read(state.path(f"{FOLDER}/{digest}/{name}"), LARGEST)
    except (OSError, Refused):
        return None
    return state.opened(f"{FOLDER} {digest} {name}", sealed)


def _clear(state: State, digest: str) -> None:
    for name in _names(state, f"{FOLDER}/{digest}"):
        state.files.remove(state.path(f"{FOLDER}/{digest}/{name}"))
    with suppress(Refused, OSError):
        state.files.remove_folder(state.path(f"{FOLDER}/{digest}"))


def _names(state: State, folder: str) -> list[str]:
    try:
        return [name for name, _ in state.files.entries(state.path(folder))]
    except (OSError, Refused):
        return []


def _file(target: str) -> str:
    return "t." + hashlib.sha256(target.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

"""What is known of an environment before an assessment, and what the assessment changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.model.record import record
from batten.watch.model import Event, Interval, Life, LifeState, Side, Waiver


@record(kw_only=True)
class Proof:
    """Up to when an environment's side is known, by which run, and by which version of batten; `missed` is what that run left
    out (`Assessed.missed`)."""

    at: int
    run: int = 0
    version: str = ""
    missed: str = ""


@record(kw_only=True)
class Known:
    """All that an assessment is held against: the lives that stand, and closed ones that it may reopen; the intervals that
    last, one for each side and control; the proofs by side; the waivers in force. `written` is the latest time of a change of any
    life, of those that are closed, too."""

    environment: int
    lives: tuple[Life, ...] = ()
    intervals: tuple[Interval, ...] = ()
    proofs: Mapping[Side, Proof] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    written: int = 0

    @property
    def at(self) -> int:
        """The latest time that was written for the environment; 0 before its first assessment."""
        proved = (proof.at for proof in self.proofs.values())
        written = (*(one.start for one in self.intervals), *(life.since for life in self.lives))
        return max((*proved, *written, self.written))


class Kind(Enum):
    """What became of a life. A time open begins with BORN and REOPENED, and ends with CLOSED."""

    BORN = "born"
    REOPENED = "reopened"
    CLOSED = "closed"
    LOST = "lost"  # from open to unknown
    SEEN = "seen"  # from unknown to open
    UPDATED = "updated"  # its state is the same, what was seen of it is not


@record
class Turn:
    """A life before an assessment (None: it was not there) and after it, where the two differ."""

    before: Life | None
    after: Life

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return Kind.BORN
        if self.before.state is self.after.state:
            return Kind.UPDATED
        match self.after.state:
            case LifeState.FIXED:
                return Kind.CLOSED
            case LifeState.UNKNOWN:
                return Kind.LOST
            case LifeState.OPEN:
                return Kind.REOPENED if self.before.state is LifeState.FIXED else Kind.SEEN

    @property
    def moved(self) -> bool:
        """Whether its file was renamed: it goes on under another fingerprint."""
        return self.before is not None and self.before.fingerprint != self.after.fingerprint


@record(kw_only=True)
class Changes:
    """What is different after an assessment. Lives that were born have no id yet, and their events name them by side and
    fingerprint. `details` are the bodies of what lives refer to now and did not before; `waivers` those whose finding moved,
    with its new fingerprint; `standing` counts the lives that are open or unknown afterwards."""

    at: int
    run: int = 0
    turns: tuple[Turn, ...] = ()
    details: Mapping[str, bytes] = field(default_factory=dict)
    ended: tuple[Interval, ...] = ()
    begun: tuple[Interval, ...] = ()
    proofs: Mapping[Side, Proof] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    events: tuple[Event, ...] = ()
    standing: int = 0

    def of(self, *kinds: Kind) -> list[Life]:
        """The lives of which that became, as they are now."""
        return [turn.after for turn in self.turns if turn.kind in kinds]

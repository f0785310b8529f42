"""The events of what changed. They say enough to make lives, times open and intervals again from nothing but events."""

from __future__ import annotations

from collections.abc import Iterator

from batten.watch.ledger.knowledge import Kind, Turn
from batten.watch.model import Event, Happening, Interval, Life, Status

_STATE = {
    Kind.BORN: Happening.FINDING_NEW,
    Kind.REOPENED: Happening.FINDING_REGRESSED,
    Kind.CLOSED: Happening.FINDING_FIXED,
    Kind.LOST: Happening.FINDING_UNKNOWN,
    Kind.SEEN: Happening.FINDING_SEEN,
}
_CONTROL = {
    Status.HOLDS: Happening.CONTROL_HOLDS,
    Status.BROKEN: Happening.CONTROL_BROKEN,
    Status.UNKNOWN: Happening.CONTROL_UNKNOWN,
    Status.ABSENT: Happening.CONTROL_ABSENT,
}


def of_life(turn: Turn, run: int, at: int) -> Iterator[Event]:
    """What happened to one life: that its file was renamed, then its new state, then that it is worse or milder."""
    if turn.before is not None and turn.moved:
        yield _finding(turn.after, Happening.FINDING_MOVED, run, at, former=turn.before.fingerprint)
    if turn.kind in _STATE:
        yield _finding(turn.after, _STATE[turn.kind], run, at)
    if turn.before is None or turn.kind is Kind.REOPENED:
        return
    was, life = turn.before, turn.after
    if life.severity > was.severity or life.value != was.value:
        yield _finding(
            life, Happening.FINDING_WORSE, run, at, severity_was=was.severity.label, value_was=was.value
        )
    elif life.severity < was.severity:
        yield _finding(life, Happening.FINDING_MILDER, run, at, severity_was=was.severity.label)


def _finding(life: Life, what: Happening, run: int, at: int, **data: str) -> Event:
    """`data` has the side, the fingerprint and the value seen; and what it was before, where that changed."""
    said = {"side": life.side.value, "fingerprint": life.fingerprint, "value": life.value, **data}
    return Event(
        at=at, what=what, environment=life.environment, run=run, life=life.id, control=life.control,
        severity=life.severity, data={name: text for name, text in said.items() if text},
    )  # fmt: skip


def of_interval(former: Interval | None, begun: Interval, at: int) -> Event:
    """What is known of a control since `begun.start`, which is earlier than `at` where knowledge lapsed unnoticed."""
    said = {"side": begun.side.value, "was": former.status.value if former is not None else ""}
    if begun.start != at:
        said["since"] = str(begun.start)
    return Event(
        at=at, what=_CONTROL[begun.status], environment=begun.environment, run=begun.run, control=begun.control,
        data={name: text for name, text in said.items() if text},
    )  # fmt: skip

"""From an assessment and what was known to what changes. Pure: the same two give the same changes, and an assessment that says
what is known already changes nothing but the proofs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.watch.ledger.intervals import lapsed, statuses, turned
from batten.watch.ledger.knowledge import Changes, Kind, Known, Proof, Turn
from batten.watch.ledger.lives import turns
from batten.watch.ledger.matching import digest_of, distinct
from batten.watch.ledger.waiving import moved_waivers, of_turns
from batten.watch.model import Assessed, Event, Happening, Interval, Life, LifeState, Seen, Side, Status

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


def changes(known: Known, assessed: Assessed, run: int, now: int) -> Changes:
    """What an assessment changes. Times of one environment only go forward: where the clock went back since the last
    assessment, changes are noted a millisecond after it. Proofs have the clock's own time: one that was ahead must not
    say for days that all is known."""
    at = max(now, known.at + 1)
    found = distinct(assessed.found)
    assessed = replace(assessed, sides=assessed.sides | {side for side, _ in found})
    turned_lives = tuple(turns(known, assessed, found, run, at))
    # The lives that are open or unknown afterwards.
    standing: list[Life] = []
    after = {turn.before.id: turn.after for turn in turned_lives if turn.before is not None}
    for life in (*known.lives, *(turn.after for turn in turned_lives if turn.before is None)):
        standing_now = after.get(life.id, life)
        if standing_now.state is not LifeState.FIXED:
            standing.append(standing_now)
    spans = list(turned(known, statuses(known, assessed, standing), run, at))
    return Changes(
        at=at,
        run=run,
        turns=turned_lives,
        details=_details(turned_lives, found.values()),
        ended=tuple(former for former, _ in spans if former is not None),
        begun=tuple(begun for _, begun in spans),
        proofs={
            side: Proof(at=now, run=run, version=assessed.version, missed=assessed.missed.get(side, ""))
            for side in _proved(assessed)
        },
        waivers=tuple(moved_waivers(known.waivers, turned_lives)),
        events=(*_events(turned_lives, run, at), *_controls(spans, at), *of_turns(known.waivers, turned_lives, at)),
        standing=len(standing),
    )  # fmt: skip


def lapse(known: Known, objective: int, now: int) -> Changes:
    """What is not known any more, because a side was not assessed within the objective (milliseconds). Lives stay as they
    are: what was open is still to be repaired."""
    spans = lapsed(known, objective, now)
    return Changes(
        at=now,
        ended=tuple(former for former, _ in spans),
        begun=tuple(begun for _, begun in spans),
        events=tuple(_controls(spans, now)),
    )


def _details(changed: Iterable[Turn], found: Iterable[Seen]) -> dict[str, bytes]:
    """The bodies that lives refer to now and did not before."""
    wanted = {
        turn.after.detail
        for turn in changed
        if turn.before is None or turn.before.detail != turn.after.detail
    }
    bodies = ((digest_of(seen.detail), seen.detail) for seen in found)
    return {digest: body for digest, body in bodies if digest in wanted and body}


def _proved(assessed: Assessed) -> Iterator[Side]:
    """The sides of which something was looked at."""
    seen = {one.side for one in assessed.found}
    for side in assessed.sides:
        if side in assessed.complete or side in seen or assessed.judged.get(side):
            yield side


def _events(changed: Iterable[Turn], run: int, at: int) -> Iterator[Event]:
    for turn in changed:
        yield from _of_life(turn, run, at)


def _controls(spans: Iterable[tuple[Interval | None, Interval]], at: int) -> Iterator[Event]:
    for former, begun in spans:
        yield _of_interval(former, begun, at)


def _of_life(turn: Turn, run: int, at: int) -> Iterator[Event]:
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


def _of_interval(former: Interval | None, begun: Interval, at: int) -> Event:
    """What is known of a control since `begun.start`, which is earlier than `at` where knowledge lapsed unnoticed."""
    said = {"side": begun.side.value, "was": former.status.value if former is not None else ""}
    if begun.start != at:
        said["since"] = str(begun.start)
    return Event(
        at=at, what=_CONTROL[begun.status], environment=begun.environment, run=begun.run, control=begun.control,
        data={name: text for name, text in said.items() if text},
    )  # fmt: skip

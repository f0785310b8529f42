"""Waivers: a finding that somebody accepts until a day, for its identity and the value seen. Nothing here changes what is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.watch.ledger.knowledge import Kind, Turn
from batten.watch.model import Event, Happening, Life, Waiver


def moved_waivers(waivers: Iterable[Waiver], turns: Iterable[Turn]) -> Iterator[Waiver]:
    """The waivers of findings whose file was renamed, with the fingerprint that these have now."""
    moved = {
        (turn.after.side, turn.before.fingerprint): turn.after.fingerprint
        for turn in turns
        if turn.before is not None and turn.moved
    }
    for waiver in waivers:
        fingerprint = moved.get((waiver.side, waiver.fingerprint))
        if fingerprint is not None:
            yield replace(waiver, fingerprint=fingerprint)


def of_turns(waivers: Iterable[Waiver], turns: Iterable[Turn], at: int) -> Iterator[Event]:
    """What an assessment means for the waivers in force: the value seen is no longer the one that was waived, or the finding
    is fixed and there is nothing left to waive."""
    changed = {(t.after.side, t.before.fingerprint): (t.before, t) for t in turns if t.before is not None}
    for waiver in waivers:
        before, turn = changed.get((waiver.side, waiver.fingerprint), (None, None))
        if before is None or turn is None or before.value != waiver.value:
            continue
        if turn.after.value != waiver.value:
            yield of_waiver(waiver, Happening.VALUE_CHANGED, at, turn.after)
        elif turn.kind is Kind.CLOSED:
            yield of_waiver(waiver, Happening.WAIVER_UNUSED, at, turn.after)


def of_waiver(waiver: Waiver, what: Happening, at: int, life: Life | None = None) -> Event:
    """What happened to a waiver, for those who see its environment."""
    return Event(
        at=at, what=what, environment=waiver.environment, life=life.id if life is not None else 0, control=waiver.control,
        severity=life.severity if life is not None else None,
        data={"waiver": str(waiver.id), "owner": waiver.owner, "until": str(waiver.until)},
    )  # fmt: skip

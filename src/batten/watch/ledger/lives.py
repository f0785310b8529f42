"""What becomes of lives: found, they are born, reopened or seen; not found, they are closed where the run looked, else unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from batten.watch.ledger.knowledge import Known, Turn
from batten.watch.ledger.matching import Key, digest_of, renamed
from batten.watch.model import Assessed, Life, LifeState, Seen, Side


def turns(known: Known, assessed: Assessed, found: Mapping[Key, Seen], run: int, at: int) -> Iterator[Turn]:
    """The lives that change. `found` are the assessment's findings by their keys."""
    lives: dict[Key, Life] = {(life.side, life.fingerprint): life for life in known.lives}
    lives |= renamed(found, known.lives, assessed)
    fresh = {side for side in Side if _version(known, side) != assessed.version}
    held = set()
    for key, seen in found.items():
        life = lives.get(key)
        if life is None:
            yield Turn(
                None,
                Life(
                    environment=known.environment,
                    side=seen.side,
                    fingerprint=seen.fingerprint,
                    kin=seen.kin,
                    control=seen.control,
                    case=seen.case,
                    severity=seen.severity,
                    message=seen.message,
                    place=seen.place,
                    line=seen.line,
                    pointer=seen.pointer,
                    cause=seen.cause,
                    public=seen.public,
                    counts=seen.counts,
                    breaks=seen.breaks,
                    value=seen.value,
                    detail=digest_of(seen.detail),
                    opened=at,
                    opened_by=run,
                    since=at,
                    began=at,
                ),
            )
            continue
        held.add(life.id)
        # A life that was found again, as it is now; the same object where nothing changed.
        match life.state:
            case LifeState.OPEN:
                stated = life
            case LifeState.UNKNOWN:
                stated = replace(life, state=LifeState.OPEN, since=at)
            case LifeState.FIXED:
                open_ = replace(life, state=LifeState.OPEN, since=at, began=at, closed=None, closed_by=None)
                stated = replace(open_, regressed=life.regressed + 1)
        # The life with what was seen of it. Evidence of a running system is new each time (dates, request ids): it is
        # kept with the next change of the finding, or of batten's version (`fresh`), and is no change by itself.
        digest = digest_of(seen.detail)
        if _shown(stated) == _shown(seen) and (
            stated.detail == digest
            or (stated.side is Side.OBSERVED and not (seen.side in fresh or stated is not life))
        ):
            updated = stated
        else:
            updated = replace(
                stated,
                fingerprint=seen.fingerprint,
                kin=seen.kin,
                control=seen.control,
                case=seen.case,
                severity=seen.severity,
                message=seen.message,
                place=seen.place,
                line=seen.line,
                pointer=seen.pointer,
                cause=seen.cause,
                public=seen.public,
                counts=seen.counts,
                breaks=seen.breaks,
                value=seen.value,
                detail=digest,
            )
        yield from _changed(life, updated)
    for life in known.lives:
        if life.id not in held and life.state is not LifeState.FIXED and life.side in assessed.sides:
            # A standing life that was not found, as it is now; the same object where nothing changed.
            if looked_at(life, known, assessed):
                open_for = life.open_for + at - life.began
                closed = replace(life, state=LifeState.FIXED, since=at, closed=at, closed_by=run)
                missed = replace(closed, open_for=open_for)
            elif life.state is LifeState.UNKNOWN:
                missed = life
            else:
                missed = replace(life, state=LifeState.UNKNOWN, since=at)
            yield from _changed(life, missed)


def looked_at(life: Life, known: Known, assessed: Assessed) -> bool:
    """Whether the assessment would have found it again: nothing of its side was left out, or its place was looked at whole
    and its control asked, or what was left out is what the assessment left out that saw it last; and no policy turns the
    control off. A target may never answer one of the probes, and what it repairs is repaired all the same."""
    if life.control in assessed.off or life.place in assessed.unread:
        return False
    judged = life.control in assessed.judged.get(life.side, ())
    return (
        life.side in assessed.complete
        or (judged and life.place in assessed.places)
        or (life.state is LifeState.OPEN and _as_far(life.side, known, assessed))
    )


def _as_far(side: Side, known: Known, assessed: Assessed) -> bool:
    """Whether the same was left out of a side as the last time, by the same batten."""
    proof, missed = known.proofs.get(side), assessed.missed.get(side, "")
    if proof is None or not missed:
        return False
    return (proof.missed, proof.version) == (missed, assessed.version)


def _version(known: Known, side: Side) -> str:
    proof = known.proofs.get(side)
    return proof.version if proof is not None else ""


def _changed(before: Life, after: Life) -> Iterator[Turn]:
    if after is not before:
        yield Turn(before, after)


def _shown(one: Life | Seen) -> tuple[object, ...]:
    where = one.place, one.line, one.pointer
    what = (
        one.control,
        one.case,
        one.severity,
        one.message,
        one.cause,
        one.public,
        one.counts,
        one.breaks,
        one.value,
    )
    return one.fingerprint, one.kin, where, what

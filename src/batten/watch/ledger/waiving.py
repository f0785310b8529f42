"""Waivers: a finding that somebody accepts until a day, for its identity and the value seen. Nothing here changes what is known:
a control that is broken stays broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.masking import masked
from batten.model.record import record
from batten.watch.ledger.knowledge import Kind, Turn
from batten.watch.model import DAY, Caller, Event, Happening, Life, LifeState, Waiver, WaiverState

LONGEST = 366 * DAY  # from now: a waiver that lasts longer is forgotten by its owner
ENDING = 14 * DAY  # how long before its end its owner hears of it
_LENGTHS = {"owner": 200, "reason": 2000, "ticket": 500}
PENDING = (WaiverState.PROPOSED, WaiverState.ACTIVE)


class WaiverProblem(Exception):
    """A waiver that cannot be so; the sentence says why and what to do."""


@record(kw_only=True)
class Terms:
    """What people say when they accept a finding. `until` is in milliseconds."""

    owner: str
    reason: str
    ticket: str = ""
    until: int


def proposed(life: Life, terms: Terms, by: Caller, now: int, four_eyes: bool) -> Waiver:
    """A waiver of a finding as it is now; it is in force at once unless four eyes are required. Raises WaiverProblem."""
    if life.state is LifeState.FIXED:
        raise WaiverProblem("the finding is fixed; there is nothing to waive")
    kept = _checked(terms, now)
    return Waiver(
        environment=life.environment, side=life.side, fingerprint=life.fingerprint, value=life.value, control=life.control,
        message=life.message, owner=kept.owner, reason=kept.reason, ticket=kept.ticket, until=kept.until,
        state=WaiverState.PROPOSED if four_eyes else WaiverState.ACTIVE, created=now, by=by.name, proposer=by.user,
        approved="" if four_eyes else by.name,
    )  # fmt: skip


def approved(waiver: Waiver, stands: bool, by: Caller, now: int) -> Waiver:
    """A proposed waiver with a second person's word, if its finding `stands` as it was then. Raises WaiverProblem."""
    if waiver.state is not WaiverState.PROPOSED:
        raise WaiverProblem(f"the waiver is {waiver.state.value}; only a proposed one can be approved")
    if waiver.until <= now:
        raise WaiverProblem("the waiver has expired; propose a new one")
    if (by.user or by.name) == (waiver.proposer or waiver.by):  # a token of theirs has another name
        raise WaiverProblem("the user who proposed a waiver cannot approve it; ask another operator")
    if not stands:
        raise WaiverProblem(
            "the finding has changed or is fixed since the waiver was proposed; propose a new one"
        )
    return replace(waiver, state=WaiverState.ACTIVE, approved=by.name)


def extended(waiver: Waiver, until: int, reason: str, by: Caller, now: int, four_eyes: bool) -> Waiver:
    """An active waiver that lasts longer, for a reason. Where four eyes are required it is a new waiver that replaces the
    former when it is approved; until then, the former stays as it is. Raises WaiverProblem."""
    if waiver.state is not WaiverState.ACTIVE or waiver.until <= now:
        raise WaiverProblem("only an active waiver can be extended; propose a new one")
    if until <= waiver.until:
        raise WaiverProblem("the new date is not later than the present one; choose a later date")
    terms = _checked(Terms(owner=waiver.owner, reason=reason, ticket=waiver.ticket, until=until), now)
    longer = replace(waiver, reason=terms.reason, until=terms.until, warned=False)
    if not four_eyes:
        return longer
    who = replace(longer, id=0, created=now, by=by.name, proposer=by.user, approved="")
    return replace(who, state=WaiverState.PROPOSED, replaces=waiver.id)


def revoked(waiver: Waiver, by: Caller, now: int) -> Waiver:
    """A waiver that somebody ended. Raises WaiverProblem."""
    if waiver.state not in PENDING:
        raise WaiverProblem(f"the waiver is {waiver.state.value} already")
    return replace(waiver, state=WaiverState.REVOKED, ended=now, ended_by=by.name)


def expired(waiver: Waiver, now: int) -> Waiver:
    """A waiver whose day has come."""
    return replace(waiver, state=WaiverState.EXPIRED, ended=now)


def _checked(terms: Terms, now: int) -> Terms:
    """The terms without secrets and blanks. Raises WaiverProblem."""
    texts = {name: masked(getattr(terms, name).replace("\0", "")).strip() for name in _LENGTHS}
    for name in ("owner", "reason"):
        if not texts[name]:
            raise WaiverProblem(f"the waiver has no {name}; write one")
    for name, longest in _LENGTHS.items():
        if len(texts[name]) > longest:
            raise WaiverProblem(f"the {name} is longer than {longest} characters; shorten it")
    if terms.until <= now:
        raise WaiverProblem("the waiver ends in the past; choose a later date")
    if terms.until > now + LONGEST:
        raise WaiverProblem(f"the waiver lasts longer than {LONGEST // DAY} days; choose an earlier date")
    return Terms(until=terms.until, **texts)


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
    """What an assessment means for waivers that are pending: the value seen is no longer the one that was waived, or the
    finding is fixed and there is nothing left to waive."""
    changed = {(t.after.side, t.before.fingerprint): (t.before, t) for t in turns if t.before is not None}
    for waiver in waivers:
        before, turn = changed.get((waiver.side, waiver.fingerprint), (None, None))
        if before is None or turn is None or before.value != waiver.value:
            continue
        if turn.after.value != waiver.value:
            yield replace(of_waiver(waiver, Happening.VALUE_CHANGED, at), life=turn.after.id)
        elif turn.kind is Kind.CLOSED:
            yield of_waiver(waiver, Happening.WAIVER_UNUSED, at)


def of_waiver(waiver: Waiver, what: Happening, at: int) -> Event:
    """What happened to a waiver, for those who see its environment. The event is of no life: what is told of lives is not
    told of those that are waived."""
    said = {
        "waiver": str(waiver.id),
        "owner": waiver.owner,
        "until": str(waiver.until),
        "why": waiver.message,
    }
    return Event(
        at=at, what=what, environment=waiver.environment, control=waiver.control,
        data={name: text for name, text in said.items() if text},
    )  # fmt: skip

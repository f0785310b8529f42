"""Waivers: proposed, approved, extended, revoked and expired; each act is one of people's, and goes to the audit with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, insert, select, update

from batten.watch.ledger.waiving import (
    ENDING,
    PENDING,
    Terms,
    WaiverProblem,
    approved,
    expired,
    extended,
    of_waiver,
    proposed,
    revoked,
)
from batten.watch.model import Caller, Happening, Role, Side, Waiver, WaiverState
from batten.watch.store.events import tell
from batten.watch.store.lives import life_of
from batten.watch.store.tables import life, waiver
from batten.watch.store.visible import within

_AT_ONCE = 500  # waivers that one call ends or warns of


def propose(
    db: Connection, caller: Caller, number: int, terms: Terms, now: int, four_eyes: bool = False
) -> Waiver:
    """Waive a finding (a life's id) of an environment that the caller operates. Raises WaiverProblem."""
    mine = life.c.id == number, within(life.c.environment, caller, Role.OPERATOR)
    row = db.execute(select(life).where(*mine).with_for_update()).first()
    if row is None:
        raise WaiverProblem("there is no such finding, or its environment is not yours to operate")
    one = proposed(life_of(row), terms, caller, now, four_eyes)
    # Whether a pending waiver accepts the same already.
    pinned = (waiver.c.side == one.side.value, waiver.c.fingerprint == one.fingerprint)
    pending = waiver.c.state.in_([s.value for s in PENDING])
    same = (waiver.c.environment == one.environment, *pinned, waiver.c.value == one.value, pending)
    if bool(_found(db, *same)):
        raise WaiverProblem("the finding has a waiver already; extend or revoke that one")
    return _added(db, one)


def approve(db: Connection, caller: Caller, number: int, now: int) -> Waiver:
    """Approve a waiver that somebody else proposed; one that it extends ends. Raises WaiverProblem."""
    theirs = _theirs(db, caller, number)
    stands = select(life.c.id).join(waiver, accepts()).where(waiver.c.id == number, life.c.state != "fixed")
    one = approved(theirs, db.execute(stands).first() is not None, caller, now)
    former = _found(db, waiver.c.id == one.replaces, waiver.c.state == WaiverState.ACTIVE.value)
    _write(db, [*(revoked(f, caller, now) for f in former), one])
    return one


def extend(
    db: Connection, caller: Caller, number: int, until: int, reason: str, now: int, four_eyes: bool = False
) -> Waiver:  # fmt: skip
    """Let a waiver last longer; with four eyes, what is returned waits for somebody's approval. Raises WaiverProblem."""
    one = extended(_theirs(db, caller, number), until, reason, caller, now, four_eyes)
    if one.id:
        _write(db, [one])
        return one
    if _found(db, waiver.c.replaces == number, waiver.c.state == WaiverState.PROPOSED.value):
        raise WaiverProblem(
            "an extension of this waiver waits for approval already; approve or revoke that one"
        )
    return _added(db, one)


def revoke(db: Connection, caller: Caller, number: int, now: int) -> Waiver:
    """End a waiver, or withdraw one that was proposed. Raises WaiverProblem."""
    one = revoked(_theirs(db, caller, number), caller, now)
    _write(db, [one])
    return one


def expire(db: Connection, now: int) -> list[Waiver]:
    """End the waivers whose day has come, and tell of those that were in force; call it again while it returns any."""
    ended = [expired(one, now) for one in _due(db, waiver.c.until <= now)]
    _write(db, ended)
    tell(db, [of_waiver(one, Happening.WAIVER_ENDED, now) for one in ended if one.approved])
    return ended


def warn(db: Connection, now: int, ahead: int = ENDING) -> list[Waiver]:
    """Tell once of each waiver in force that ends within so many milliseconds; call it again while it returns any."""
    soon = (waiver.c.until <= now + ahead, waiver.c.state == WaiverState.ACTIVE.value, ~waiver.c.warned)
    found = _due(db, *soon)
    if found:
        db.execute(update(waiver).where(waiver.c.id.in_([one.id for one in found])).values(warned=True))
    tell(db, [of_waiver(one, Happening.WAIVER_ENDING, now) for one in found])
    return found


def accepts() -> ColumnElement[bool]:
    """A condition that joins `waiver` to the `life` that it is of: by identity and by the value seen."""
    return and_(
        waiver.c.environment == life.c.environment,
        waiver.c.side == life.c.side,
        waiver.c.fingerprint == life.c.fingerprint,
        waiver.c.value == life.c.value,
    )


def in_effect(now: int) -> ColumnElement[bool]:
    """A condition on `waiver`: it is approved, and its day has not come."""
    return and_(waiver.c.state == WaiverState.ACTIVE.value, waiver.c.until > now)


def find(db: Connection, caller: Caller, number: int, role: Role = Role.VIEWER) -> Waiver | None:
    """One waiver of an environment over which the caller has the role; None where there is none, or it is another's."""
    found = _found(db, waiver.c.id == number, within(waiver.c.environment, caller, role))
    return found[0] if found else None


def every(
    db: Connection, caller: Caller, environment: int = 0, states: Iterable[WaiverState] = (), before: int = 0, most: int = 50
) -> list[Waiver]:  # fmt: skip
    """Waivers that the caller sees, the newest first: of one environment, in these states, older than a waiver."""
    wanted = [within(waiver.c.environment, caller)]
    wanted += [waiver.c.environment == environment] if environment else []
    wanted += [waiver.c.state.in_([s.value for s in states])] if states else []
    wanted += [waiver.c.id < before] if before else []
    rows = db.execute(select(waiver).where(*wanted).order_by(waiver.c.id.desc()).limit(most))
    return [waiver_of(row) for row in rows]


def accepting(db: Connection, ids: Iterable[int], now: int) -> set[int]:
    """Those of the waivers that are in force and accept a finding as it is now."""
    joined = select(waiver.c.id).join(life, accepts()).where(in_effect(now), life.c.state != "fixed")
    return set(db.execute(joined.where(waiver.c.id.in_(list(ids)))).scalars())


def in_force(db: Connection, environment: int) -> list[Waiver]:
    """An environment's waivers that are proposed or active: those that an assessment may concern."""
    return _found(db, waiver.c.environment == environment, waiver.c.state.in_([s.value for s in PENDING]))


def follow(db: Connection, moved: Iterable[Waiver]) -> None:
    """Write the fingerprints of waivers whose finding goes on under another one."""
    _write(db, moved)


def waiver_of(row: Row[Any]) -> Waiver:
    """The waiver of a row of its table."""
    return Waiver(
        id=row.id, environment=row.environment, side=Side(row.side), fingerprint=row.fingerprint, value=row.value,
        control=row.control, message=row.message, owner=row.owner, reason=row.reason, ticket=row.ticket, until=row.until,
        state=WaiverState(row.state), created=row.created, by=row.by, proposer=row.proposer, replaces=row.replaces,
        approved=row.approved, ended=row.ended, ended_by=row.ended_by, warned=row.warned,
    )  # fmt: skip


def _theirs(db: Connection, caller: Caller, number: int) -> Waiver:
    """A waiver that the caller may change, which nobody else changes until the transaction ends. Raises WaiverProblem."""
    mine = waiver.c.id == number, within(waiver.c.environment, caller, Role.OPERATOR)
    row = db.execute(select(waiver).where(*mine).with_for_update()).first()
    if row is None:
        raise WaiverProblem("there is no such waiver, or its environment is not yours to operate")
    return waiver_of(row)


def _due(db: Connection, *condition: ColumnElement[bool]) -> list[Waiver]:
    pending = waiver.c.state.in_([s.value for s in PENDING])
    due = select(waiver).where(pending, *condition).order_by(waiver.c.until, waiver.c.id).limit(_AT_ONCE)
    return [waiver_of(row) for row in db.execute(due.with_for_update(skip_locked=True))]


def _found(db: Connection, *condition: ColumnElement[bool]) -> list[Waiver]:
    return [waiver_of(row) for row in db.execute(select(waiver).where(*condition).order_by(waiver.c.id))]


def _added(db: Connection, one: Waiver) -> Waiver:
    row = db.execute(insert(waiver).values(_columns(one)).returning(waiver)).one()
    return waiver_of(row)


def _write(db: Connection, changed: Iterable[Waiver]) -> None:
    rows = [{**_columns(one), "key": one.id} for one in changed]
    if rows:
        db.execute(update(waiver).where(waiver.c.id == bindparam("key")), rows)


def _columns(one: Waiver) -> dict[str, object]:
    return {
        "environment": one.environment, "side": one.side.value, "fingerprint": one.fingerprint, "value": one.value,
        "control": one.control, "message": one.message, "owner": one.owner, "reason": one.reason, "ticket": one.ticket,
        "until": one.until, "state": one.state.value, "created": one.created, "by": one.by, "proposer": one.proposer,
        "replaces": one.replaces, "approved": one.approved, "ended": one.ended, "ended_by": one.ended_by, "warned": one.warned,
    }  # fmt: skip

"""Waivers over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import may, paging, times, versions
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import missing
from batten.watch.api.wire import Shown, shown
from batten.watch.ledger.waiving import Terms
from batten.watch.model import Role, Waiver, WaiverState
from batten.watch.schedule import acts
from batten.watch.store import lives, waivers

BASE = "/api/v1/waivers"


class New(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    finding: int
    owner: str
    reason: str
    until: datetime
    ticket: str = ""


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    until: datetime
    reason: str


def list_waivers(db: Connection, asked: Asked) -> Reply:
    """One page of waivers, the newest first."""
    most, before = paging.limit(asked), paging.after(asked)
    states = [WaiverState(state) for state in asked.query.get("state", ())]
    found = waivers.every(db, asked.caller, asked.whole("environment"), states, before, most + 1)
    page, following = paging.page(found, most, lambda one: (one.id,))
    accepting = waivers.accepting(db, [one.id for one in page], asked.now)
    items = [shown("Waiver", one, accepts=one.id in accepting) for one in page]
    return Reply(body=shown("WaiverPage", items=items, next=following))


def create_waiver(db: Connection, asked: Asked) -> Reply:
    """Accept a finding of an environment that the caller operates."""
    new = asked.decoded(New)
    number = lives.environment_of(db, new.finding)
    if number is None:
        missing("finding")
    may.environment(db, asked, number, Role.OPERATOR, "finding")
    terms = Terms(owner=new.owner, reason=new.reason, ticket=new.ticket, until=times.milliseconds(new.until))
    made = acts.waive(db, asked.caller, asked.watch.settings, new.finding, terms, asked.now)
    return _reply(db, asked, made, 201, {"Location": f"{BASE}/{made.id}"})


def read_waiver(db: Connection, asked: Asked) -> Reply:
    """One waiver."""
    return _reply(db, asked, _found(db, asked))


def approve_waiver(db: Connection, asked: Asked) -> Reply:
    """Approve what someone else proposed."""
    one = _mine(db, asked)
    return _reply(db, asked, acts.approve(db, asked.caller, one.id, asked.now))


def extend_waiver(db: Connection, asked: Asked) -> Reply:
    """Let one last longer, or propose to."""
    one, wanted = _mine(db, asked), asked.decoded(Extension)
    until, settings = times.milliseconds(wanted.until), asked.watch.settings
    made = acts.extend(db, asked.caller, settings, one.id, until, wanted.reason, asked.now)
    if made.id == one.id:
        return _reply(db, asked, made)
    return _reply(db, asked, made, 202, {"Location": f"{BASE}/{made.id}"})


def revoke_waiver(db: Connection, asked: Asked) -> Reply:
    """End one, or withdraw one that was proposed."""
    one = _mine(db, asked)
    return _reply(db, asked, acts.revoke(db, asked.caller, one.id, asked.now))


def _found(db: Connection, asked: Asked) -> Waiver:
    found = waivers.find(db, asked.caller, asked.number("waiver"))
    return missing("waiver") if found is None else found


def _mine(db: Connection, asked: Asked) -> Waiver:
    """A waiver that the caller may change and nobody changed since it was read. Raises ApiProblem."""
    may.environment(db, asked, _found(db, asked).environment, Role.OPERATOR)
    one = _found(db, asked)  # as it is now that nobody else changes it
    versions.unchanged(asked, _shown(db, asked, one))
    return one


def _shown(db: Connection, asked: Asked, one: Waiver) -> Shown:
    return shown("Waiver", one, accepts=bool(waivers.accepting(db, [one.id], asked.now)))


def _reply(
    db: Connection, asked: Asked, one: Waiver, status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    body = _shown(db, asked, one)
    return Reply(status=status, body=body, headers={"ETag": versions.tag(body), **(headers or {})})

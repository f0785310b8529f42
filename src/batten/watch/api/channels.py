"""Channels over the API: where alerts go, for those who administer what they report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from batten.model import Severity
from batten.watch.access.scopes import administers
from batten.watch.alerts import loop
from batten.watch.alerts.sending import ChannelProblem, check
from batten.watch.api import may, versions, wire
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import ApiProblem, missing
from batten.watch.model import SECOND, Channel, ChannelKind, Role
from batten.watch.store import assignments, audit, channels

BASE = "/api/v1/channels"


class New(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    kind: ChannelKind
    settings: dict[str, str]
    severity: str = "medium"
    team: int = 0
    environment: int = 0
    quiet: str = ""
    again: int = msgspec.field(default=0, name="again_seconds")
    disabled: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    settings: dict[str, str] | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    team: int | UnsetType = UNSET
    environment: int | UnsetType = UNSET
    quiet: str | UnsetType = UNSET
    again: int | UnsetType = msgspec.field(default=UNSET, name="again_seconds")
    disabled: bool | UnsetType = UNSET


def list_channels(db: Connection, asked: Asked) -> Reply:
    """Those that report nothing but what the caller administers."""
    theirs = [one for one in channels.every(db) if administers(db, asked.caller, one.team, one.environment)]
    return Reply(
        body=wire.shown(
            "ChannelList", items=[wire.shown("ChannelState", one, channel=_shown(one)) for one in theirs]
        )
    )


def create_channel(db: Connection, asked: Asked) -> Reply:
    """A new one, which reports what happens from now on."""
    new = asked.decoded(New)
    given = {name: getattr(new, name) for name in New.__struct_fields__}
    one = _made(Channel(name="", kind=new.kind, created=asked.now), given)
    _valid(db, asked, one)
    one = replace(one, id=_written(partial(channels.add, db, one), one.name) or 0)
    _note(db, asked, "channel-created", one)
    return _reply(one, 201, {"Location": f"{BASE}/{one.id}"})


def read_channel(db: Connection, asked: Asked) -> Reply:
    """One channel."""
    return _reply(_found(db, asked))


def change_channel(db: Connection, asked: Asked) -> Reply:
    """Change what the caller names, where nobody else changed it since it was read."""
    one, change = _mine(db, asked), asked.decoded(Change)
    given = {n: value for n in Change.__struct_fields__ if (value := getattr(change, n)) is not UNSET}
    changed = _made(one, given)
    _valid(db, asked, changed)
    _written(partial(channels.change, db, changed), changed.name)
    _note(db, asked, "channel-changed", changed)
    return _reply(changed)


def remove_channel(db: Connection, asked: Asked) -> Reply:
    """Remove one and what waits to be sent to it."""
    one = _mine(db, asked)
    channels.remove(db, one.id)
    _note(db, asked, "channel-removed", one)
    return Reply(status=204)


def test_channel(db: Connection, asked: Asked) -> Reply:
    """Send a test message, when nothing waits for the transaction any more."""
    one = _found(db, asked)
    _note(db, asked, "channel-tested", one)
    return Reply(status=204, after=partial(loop.test, asked.watch, one, asked.caller.name))


def _made(one: Channel, given: Mapping[str, object]) -> Channel:
    """A channel with what a client gave."""
    wanted = dict(given)
    if "severity" in wanted:
        wanted["severity"] = Severity.named(str(wanted["severity"]))
    if "again" in wanted:
        wanted["again"] = int(str(wanted["again"])) * SECOND
    return replace(one, **wanted)  # type: ignore[arg-type]


def _valid(db: Connection, asked: Asked, one: Channel) -> None:
    """Raises ApiProblem."""
    if not administers(db, asked.caller, one.team, one.environment):
        may.refuse(Role.ADMIN)
    if not one.name.isprintable() or not one.name.strip():
        raise ApiProblem(422, "the name has a character that cannot be printed, or blanks only")
    try:
        check(one, assignments.owned_of(db, one))
    except ChannelProblem as error:
        raise ApiProblem(422, str(error)) from None


def _written(write: partial[int] | partial[None], name: str) -> int | None:
    try:
        return write()
    except IntegrityError:
        raise ApiProblem(409, f"there is a channel {name} already; choose another name") from None


def _found(db: Connection, asked: Asked, locked: bool = False) -> Channel:
    found = channels.find(db, asked.number("channel"), locked)
    if found is None or not administers(db, asked.caller, found.team, found.environment):
        missing("channel")
    return found


def _mine(db: Connection, asked: Asked) -> Channel:
    one = _found(db, asked, locked=True)
    versions.unchanged(asked, _shown(one))
    return one


def _note(db: Connection, asked: Asked, action: str, one: Channel) -> None:
    said = {"kind": one.kind.value, "severity": one.severity.label, "quiet": one.quiet, **one.settings}
    audit.append(db, asked.now, asked.caller, action, one.name, one.environment, said)


def _shown(one: Channel) -> wire.Shown:
    """Its representation, in which the name precedes the kind."""
    return {"id": one.id, "name": "", **wire.shown("Channel", one)}


def _reply(one: Channel, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    body = _shown(one)
    return Reply(status=status, body=body, headers={"ETag": versions.tag(body), **(headers or {})})

"""Assignments over the API: what of the service the settings of which team may name. For administrators of everything."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from batten.watch.api import may
from batten.watch.api.asked import Asked, Reply
from batten.watch.model import Asset, Assignment, Role
from batten.watch.schedule import acts
from batten.watch.store import assignments


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`team` 0: of channels that report everything."""

    asset: Asset
    name: str
    team: int


class AssignmentList(msgspec.Struct, frozen=True):
    """Those that there are, and what settings name without one."""

    items: list[Shown]
    missing: list[Shown]


def list_assignments(db: Connection, asked: Asked) -> Reply:
    """All of them, and what settings name that is assigned to nobody or to others."""
    may.everything(asked, Role.ADMIN)
    return Reply(body=_list(db))


def assign(db: Connection, asked: Asked) -> Reply:
    """Let the settings of a team name something."""
    may.everything(asked, Role.ADMIN)
    wanted = asked.decoded(Shown)
    one = Assignment(asset=wanted.asset, name=wanted.name, team=wanted.team)
    acts.assign(db, asked.caller, one, asked.now)
    return Reply(body=_list(db))


def withdraw(db: Connection, asked: Asked) -> Reply:
    """Take back what was assigned."""
    may.everything(asked, Role.ADMIN)
    asset = next((a for a in Asset if a.value == asked.text("asset")), Asset.SECRET)
    one = Assignment(asset=asset, name=asked.text("name"), team=asked.whole("team"))
    acts.withdraw(db, asked.caller, one, asked.now)
    return Reply(body=_list(db))


def _list(db: Connection) -> AssignmentList:
    return AssignmentList(
        [_shown(one) for one in assignments.every(db)], [_shown(one) for one in acts.unassigned(db)]
    )


def _shown(one: Assignment) -> Shown:
    return Shown(one.asset, one.name, one.team)

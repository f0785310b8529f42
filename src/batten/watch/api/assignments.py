"""Assignments over the API: what of the service the settings of which team may name. For administrators of everything."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import may
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import Shown, shown
from batten.watch.model import Asset, Assignment, Role
from batten.watch.schedule import acts
from batten.watch.store import assignments


def list_assignments(db: Connection, asked: Asked) -> Reply:
    """All of them, and what settings name that is assigned to nobody or to others."""
    may.everything(asked, Role.ADMIN)
    return Reply(body=_list(db))


def assign(db: Connection, asked: Asked) -> Reply:
    """Let the settings of a team name something."""
    may.everything(asked, Role.ADMIN)
    acts.assign(db, asked.caller, asked.decoded(Assignment), asked.now)
    return Reply(body=_list(db))


def withdraw(db: Connection, asked: Asked) -> Reply:
    """Take back what was assigned."""
    may.everything(asked, Role.ADMIN)
    asset = next((a for a in Asset if a.value == asked.text("asset")), Asset.SECRET)
    one = Assignment(asset=asset, name=asked.text("name"), team=asked.whole("team"))
    acts.withdraw(db, asked.caller, one, asked.now)
    return Reply(body=_list(db))


def _list(db: Connection) -> Shown:
    return shown("AssignmentList", items=assignments.every(db), missing=acts.unassigned(db))

"""Teams over the API."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from batten.watch.api import may
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import shown
from batten.watch.model import Role
from batten.watch.schedule import acts
from batten.watch.store import teams


class NewTeam(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


def list_teams(db: Connection, asked: Asked) -> Reply:
    """Those that the caller sees something of."""
    return Reply(body=shown("TeamList", items=teams.every(db, asked.caller)))


def create_team(db: Connection, asked: Asked) -> Reply:
    """A new team; 409 where its name is taken."""
    may.everything(asked, Role.ADMIN)
    made = acts.create_team(db, asked.caller, asked.decoded(NewTeam).name, asked.now)
    return Reply(status=201, body=shown("Team", made))

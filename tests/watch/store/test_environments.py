"""Environments in the database, and who sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from batten.watch.model import SERVICE, Caller, Grant, Role
from batten.watch.store import environments, teams
from watch_stores import environment, sqlite


def test_each_sees_their_own(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    orders = environment(database)
    staging = environment(database, stage="staging", place=1)
    other = environment(database, "payments", team="bank")
    with database.read() as db:
        shop, bank = sorted(teams.every(db, SERVICE), key=lambda t: t.id)
        one = Caller(name="a", grants=(Grant(Role.VIEWER, environment=orders),))
        team = Caller(name="b", grants=(Grant(Role.VIEWER, team=shop.id), Grant(Role.ADMIN, team=bank.id)))
        stranger = Caller(name="c")
        assert [e.id for e in environments.every(db, one)] == [orders]
        assert [e.id for e in environments.every(db, team)] == [staging, orders, other]
        assert [e.id for e in environments.every(db, team, Role.OPERATOR)] == [other]
        assert environments.every(db, stranger) == [] and environments.find(db, stranger, orders) is None
        assert teams.every(db, one) == [shop] and teams.every(db, stranger) == []


def test_a_stage_of_a_service_is_there_once(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    environment(database)
    with pytest.raises(IntegrityError):
        environment(database)


def test_what_schedules_keep_is_not_overwritten(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    number = environment(database)
    with database.begin() as db:
        known = environments.find(db, SERVICE, number)
        assert known is not None and known.name == "orders/prod"
        environments.change(db, replace(known, settings={"url": "https://a"}, due=5))
        changed = environments.find(db, SERVICE, number)
        assert changed == replace(known, settings={"url": "https://a"})
        environments.remove(db, number)
        assert environments.find(db, SERVICE, number) is None

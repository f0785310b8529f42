"""The chain of what people did: whole, in order, and not to be changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from batten.watch.model import Caller, Grant, Role
from batten.watch.store import audit
from batten.watch.store.audit import Broken, Head
from batten.watch.store.database import Database, in_folder, open_database
from batten.watch.store.schema import prepare
from watch_postgres import postgres
from watch_stores import environment


@pytest.fixture
def database(store: Database) -> Database:
    with store.begin() as db:
        for number in range(4):
            audit.append(db, number, "ada", "waived", f"life {number}", number, {"b": "2", "a": "ü\0\ud800"})
    return store


def forge(database: Database, statement: str) -> None:
    """Change the database as somebody does who has its file, without the triggers."""
    with database.begin() as db:
        if database.fleet:
            db.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        else:
            for (name,) in db.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).fetchall():
                db.execute(text(f"DROP TRIGGER {name}"))
        db.execute(text(statement))


def test_a_chain_is_whole(database: Database) -> None:
    with database.read() as db:
        head = audit.head(db)
        assert head.id == 4 and audit.verify(db) is None and audit.verify(db, head) is None
        assert audit.verify(db, Head(2, head.digest)) == Broken(2, "it is not the row that was anchored")


REWRITES = ("UPDATE audit SET \"by\" = 'eve'", "DELETE FROM audit WHERE id = 1")
OF_SQLITE = ("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 2",)
OF_POSTGRESQL = ("TRUNCATE audit",)


def test_the_service_itself_changes_nothing(database: Database) -> None:
    for statement in REWRITES + (OF_POSTGRESQL if database.fleet else OF_SQLITE):
        with pytest.raises(DBAPIError, match="append-only"), database.begin() as db:
            db.execute(text(statement))


def test_acts_at_one_time_are_one_chain(store: Database) -> None:
    def act(number: int) -> None:
        for turn in range(10):
            with store.begin() as db:
                audit.append(db, turn, f"user{number}", "waived")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    with store.read() as db:
        assert audit.head(db).id == 40 and audit.verify(db) is None


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET data = '{}' WHERE id = 2", Broken(2, "it was changed")),
        ("UPDATE audit SET environment = 9 WHERE id = 3", Broken(3, "it was changed")),
        ("DELETE FROM audit WHERE id = 1", Broken(1, "it is missing")),
        ("UPDATE audit SET previous = 'x' WHERE id = 4", Broken(4, "it does not follow the row before it")),
    ],
)
def test_what_was_forged_shows(database: Database, statement: str, first: Broken) -> None:
    forge(database, statement)
    with database.read() as db:
        assert audit.verify(db) == first


def test_an_anchor_shows_that_the_end_is_missing(database: Database) -> None:
    with database.read() as db:
        head = audit.head(db)
    forge(database, "DELETE FROM audit WHERE id > 2")
    with database.read() as db:
        assert audit.verify(db) is None
        broken = audit.verify(db, head)
        assert broken is not None and broken.id == 3


def test_each_sees_what_is_theirs(store: Database) -> None:
    database = store
    orders = environment(database)
    payments = environment(database, "payments", team="bank")
    with database.begin() as db:
        for number in (0, orders, payments):
            audit.append(db, 1, "ada", "waived", environment=number)
    with database.read() as db:

        def seen(*grants: Grant) -> list[int]:
            return [e.environment for e in audit.every(db, Caller(name="b", grants=grants))]

        assert seen(Grant(Role.ADMIN)) == [payments, orders, 0]
        assert seen(Grant(Role.ADMIN, environment=orders)) == [orders]
        assert seen(Grant(Role.OPERATOR)) == seen() == []
        assert [e.id for e in audit.every(db, Caller(name="b", grants=(Grant(Role.ADMIN),)), 3, 1)] == [2]


def test_a_database_that_a_service_prepared_is_append_only(tmp_path: Path) -> None:
    with postgres() as url:
        for database in (in_folder(tmp_path), open_database(url)):
            prepare(database)
            with database.begin() as db:
                audit.append(db, 1, "ada", "waived")
            for statement in REWRITES:
                with pytest.raises(DBAPIError, match="append-only"), database.begin() as db:
                    db.execute(text(statement))
            database.close()

"""Everything moves from one database into an empty other, and back, and is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text

from batten.watch.store import copying
from batten.watch.store.copying import Copied
from batten.watch.store.database import Database, StoreProblem, in_folder, open_database
from batten.watch.store.move import TABLES, move
from batten.watch.store.schema import prepare
from batten.watch.store.tables import event, life, team
from watch_filled import fill
from watch_postgres import postgres


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    database = in_folder(tmp_path / "source")
    prepare(database)
    fill(database)
    yield database
    database.close()


@pytest.fixture
def fleet() -> Iterator[Database]:
    with postgres() as url:
        database = open_database(url)
        yield database
        database.close()


@pytest.fixture
def back(tmp_path: Path) -> Iterator[Database]:
    database = in_folder(tmp_path / "back")
    yield database
    database.close()


def content(database: Database) -> list[Copied]:
    with database.read() as db:
        return [copying.counted(db, table, copying.names(table)) for table in TABLES]


def given(database: Database) -> dict[str, int]:
    with database.read() as db:
        return copying.numbers(db, TABLES)


def test_there_and_back(source: Database, fleet: Database, back: Database) -> None:
    with source.begin() as db:
        db.execute(
            delete(event).where(event.c.id == select(text("max(id)")).select_from(event).scalar_subquery())
        )
    told: list[Copied] = []
    move(source, fleet, told.append)
    assert told == content(source) == content(fleet) and all(copied.rows for copied in told)
    assert given(source) == given(fleet) and given(fleet)["event"] == 5
    move(fleet, back, lambda _: None)
    assert content(back) == content(source) and given(back) == given(source)
    prepare(fleet)
    prepare(back)


def test_numbers_go_on_where_they_were(source: Database, fleet: Database) -> None:
    move(source, fleet, lambda _: None)
    for database in (source, fleet):
        with database.begin() as db:
            made = db.execute(insert(team).values(name="one more")).inserted_primary_key
            assert made is not None and made[0] == 6


def test_a_target_that_was_used_is_refused(source: Database, fleet: Database) -> None:
    prepare(fleet)
    with fleet.begin() as db:
        db.execute(insert(team).values(name="there"))
    before = content(fleet)
    with pytest.raises(StoreProblem, match=r"rows in `team`; name an empty database"):
        move(source, fleet, lambda _: None)
    assert content(fleet) == before


def test_a_source_that_is_none_is_refused(back: Database, fleet: Database) -> None:
    with pytest.raises(StoreProblem, match="not a database of batten watch"):
        move(back, fleet, lambda _: None)


def test_what_fails_in_the_middle_leaves_nothing(source: Database, fleet: Database) -> None:
    def spoil(copied: Copied) -> None:
        if copied.table == "detail":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, fleet, spoil)
    with fleet.read() as db:
        assert copying.there(db) == set()
    move(source, fleet, lambda _: None)
    assert content(fleet) == content(source)


def test_a_row_that_is_not_the_same_is_noticed(source: Database, back: Database) -> None:
    """A trigger that changes a row stands for all that may go wrong in the target."""
    prepare(back)
    with back.begin() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER spoils AFTER INSERT ON life BEGIN UPDATE life SET severity = severity + 1 WHERE id = NEW.id; END"
        )
    with pytest.raises(StoreProblem, match=r"`life` is not the same"):
        move(source, back, lambda _: None)
    with back.read() as db:
        assert db.execute(select(life.c.id)).first() is None

"""Transactions on both databases, and what cannot be opened."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from batten import masking
from batten.watch.store.database import Database, StoreProblem, open_database
from batten.watch.store.tables import team
from watch_stores import sqlite


def teams(database: Database) -> int:
    with database.read() as db:
        return db.execute(select(func.count()).select_from(team)).scalar() or 0


def test_a_transaction_happens_whole_or_not(store: Database) -> None:
    with pytest.raises(LookupError), store.begin() as db:
        db.execute(insert(team).values(name="a"))
        raise LookupError
    assert teams(store) == 0
    with store.begin() as db:
        db.execute(insert(team).values(name="a"))
    assert teams(store) == 1


def test_a_reader_sees_one_state(store: Database) -> None:
    with store.read() as db:
        counted = select(func.count()).select_from(team)
        assert db.execute(counted).scalar() == 0
        with store.begin() as other:
            other.execute(insert(team).values(name="a"))
        assert db.execute(counted).scalar() == 0
    assert teams(store) == 1


def test_a_reader_writes_nothing(store: Database) -> None:
    with pytest.raises(DBAPIError), store.read() as db:
        db.execute(insert(team).values(name="a"))
    with store.begin() as db:
        db.execute(insert(team).values(name="a"))
    assert teams(store) == 1


def test_texts_are_what_both_databases_can_hold(store: Database) -> None:
    with store.begin() as db:
        for name in ("a\0b", "half \ud83d", "whole \U0001f600 ü"):
            db.execute(insert(team).values(name=name))
        assert db.execute(select(team.c.id).where(team.c.name == "a\0b")).scalar() == 1
        names = db.execute(select(team.c.name).order_by(team.c.id)).scalars().all()
    assert names == ["a\ufffdb", "half ?", "whole \U0001f600 ü"]


def test_a_number_is_given_once(store: Database) -> None:
    with store.begin() as db:
        first = db.execute(insert(team).values(name="a")).inserted_primary_key
        db.execute(delete(team))
        second = db.execute(insert(team).values(name="a")).inserted_primary_key
    assert first is not None and second is not None and second[0] > first[0]


def test_a_file_is_for_its_user_alone(tmp_path: Path) -> None:
    database = sqlite(tmp_path / "new")
    with database.begin() as db:
        db.execute(insert(team).values(name="a"))
        files = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "new").iterdir()}
    assert files == {"watch.db": 0o600, "watch.db-wal": 0o600, "watch.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    database.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://a/b", "mysql databases are not supported"),
        ("sqlite:////proc/none/watch.db", "cannot be opened"),
    ],
)
def test_what_cannot_be_opened_is_told(url: str, said: str) -> None:
    with pytest.raises(StoreProblem, match=said):
        open_database(url)


def test_a_password_is_masked() -> None:
    database = open_database("postgresql://batten:Correct-Horse-71@127.0.0.1:1/watch")
    assert "Correct-Horse-71" not in masking.sentence("the password is Correct-Horse-71")
    database.close()

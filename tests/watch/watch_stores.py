"""A database of `batten watch` for one test, with its tables, a team and environments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batten.watch.model import Environment, Source
from batten.watch.store import environments, teams
from batten.watch.store.database import Database, in_folder, open_database
from batten.watch.store.tables import metadata
from watch_postgres import postgres_with_tables

_made: list[Database] = []


def sqlite(folder: Path) -> Database:
    """A new SQLite database with all tables; its connections are closed when the test ends."""
    database = in_folder(folder)
    _made.append(database)
    with database.begin() as db:
        metadata.create_all(db)
    return database


def close_all() -> None:
    while _made:
        _made.pop().close()


@contextmanager
def postgresql() -> Iterator[Database]:
    """A new PostgreSQL database with all tables, gone after the block."""
    with postgres_with_tables() as url:
        database = open_database(url)
        try:
            yield database
        finally:
            database.close()


def environment(
    database: Database, service: str = "orders", stage: str = "prod", team: str = "shop", place: int = 2
) -> int:
    """The id of a new environment of a team."""
    with database.begin() as db:
        owner = teams.named(db, team)
        one = Environment(
            team=owner, service=service, stage=stage, place=place, source=Source.LIVE, created=0
        )
        return environments.add(db, one)

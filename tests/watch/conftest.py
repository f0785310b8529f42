"""`store` runs a test on both databases: a file of SQLite's, and a PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from batten.watch.store.database import Database
from watch_stores import close_all, postgresql, sqlite


@pytest.fixture(params=("sqlite", "postgresql"))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables."""
    if request.param == "postgresql":
        with postgresql() as database:
            yield database
        return
    yield sqlite(tmp_path)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Python 3.13 warns of a connection that nobody closed."""
    yield
    close_all()

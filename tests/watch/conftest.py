"""`store` runs a test on both databases: a file of SQLite's, and a PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from batten.watch.store.database import Database
from watch_stores import close_all, postgresql, sqlite


@contextmanager
def _in_a_file(folder: Path) -> Iterator[Database]:
    yield sqlite(folder)


@contextmanager
def _on_a_server(_folder: Path) -> Iterator[Database]:
    with postgresql() as database:
        yield database


@pytest.fixture(
    params=[pytest.param(_in_a_file, id="sqlite"), pytest.param(_on_a_server, id="postgresql")]
)  # functions: what a test does not ask for, it does not start (served.py)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables."""
    with request.param(tmp_path) as database:
        yield database


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Python 3.13 warns of a connection that nobody closed."""
    yield
    close_all()

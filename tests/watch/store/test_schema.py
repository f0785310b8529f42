"""Tables and migrations say the same, on both databases, and services that start together migrate once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from batten.watch.store import schema, teams, upgrading
from batten.watch.store.database import Database, StoreProblem, in_folder, open_database
from batten.watch.store.migrations import HERE, STEPS, VERSIONS
from batten.watch.store.schema import prepare
from batten.watch.store.tables import metadata
from watch_postgres import postgres, postgres_of_debian, server
from watch_stores import environment

HINT = "a table has changed: add a step with `python tools/migration.py`"


@pytest.fixture(params=("sqlite", "18", "debian"))
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/watch.db"
        return
    with postgres() if request.param == "18" else postgres_of_debian() as url:
        yield url


@pytest.fixture
def database(empty: str) -> Iterator[Database]:
    made = open_database(empty)
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_migrations_make_the_tables(database: Database) -> None:
    all_steps(database)
    with database.read() as db:
        # Alembic reads defaults of PostgreSQL alone as they are meant.
        options = {"version_table": VERSIONS, "compare_server_default": database.fleet}
        context = MigrationContext.configure(db, opts=options)
        assert compare_metadata(context, metadata) == [], HINT


def test_migrations_make_what_alembic_does_not_compare(store: Database) -> None:
    """Indexes with their conditions, triggers, and numbers that are given once."""
    wanted = parts(store)
    with store.begin() as db:
        metadata.drop_all(db)
    all_steps(store)
    assert parts(store) == wanted, HINT


def all_steps(database: Database) -> None:
    """The tables by the steps of all versions, as a database of the first one gets them."""
    with schema.alone(database) as db:
        upgrading.upgrade(db)


@pytest.mark.parametrize("by_steps", [True, False])
def test_a_database_is_at_the_newest_step_however_it_got_there(database: Database, by_steps: bool) -> None:
    if by_steps:
        all_steps(database)
    prepare(database)
    with database.read() as db:
        context = MigrationContext.configure(db, opts={"version_table": VERSIONS})
        assert context.get_current_heads() == (STEPS[-1],)


def parts(database: Database) -> set[str]:
    asked = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        if database.fleet
        else "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL UNION ALL "
        "SELECT 'numbers of ' || name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
    )
    with database.read() as db:
        return {row[0] for row in db.exec_driver_sql(asked) if VERSIONS not in row[0]}


def test_steps_are_those_of_the_folder() -> None:
    steps = [script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()]
    assert tuple(reversed(steps)) == STEPS, (
        "add the number of the new step to STEPS in watch/store/migrations"
    )


def test_services_that_start_together_migrate_once(empty: str) -> None:
    def start(_: int) -> None:
        with closing(open_database(empty)) as database:
            prepare(database)
            with database.begin() as db:
                teams.named(db, "shop")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))


def test_foreign_keys_are_held_afterwards(database: Database) -> None:
    prepare(database)
    if not database.fleet:
        with database.begin() as db:
            assert db.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_newer_database_is_left_alone(database: Database) -> None:
    prepare(database)
    with database.begin() as db:
        db.exec_driver_sql(f"UPDATE {VERSIONS} SET version_num = '0999'")
    with pytest.raises(StoreProblem, match="newer version of batten"):
        prepare(database)


def test_another_applications_database_is_left_alone(database: Database) -> None:
    with database.begin() as db:
        db.exec_driver_sql("CREATE TABLE run (id INTEGER)")
    with pytest.raises(StoreProblem, match=r"`run` of another application"):
        prepare(database)
    with database.read() as db:
        assert inspect(db).get_table_names() == ["run"]


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "watch.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    database = in_folder(tmp_path)
    with pytest.raises(StoreProblem, match="is not an SQLite database"):
        prepare(database)
    database.close()


def test_a_page_that_was_overwritten_is_told(tmp_path: Path) -> None:
    database = in_folder(tmp_path)
    prepare(database)
    database.close()
    file = tmp_path / "watch.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    again = in_folder(tmp_path)
    with pytest.raises(StoreProblem, match="damaged"):
        prepare(again)
    again.close()


def test_a_database_that_cannot_hold_every_text_is_refused() -> None:
    with server() as there:
        database = open_database(there.url(there.new(encoding="LATIN1")))
        with pytest.raises(StoreProblem, match="encoding is LATIN1; create it with ENCODING 'UTF8'"):
            prepare(database)
        database.close()


def test_a_server_that_is_not_there_is_told() -> None:
    database = open_database("postgresql://postgres:a-Secret-9@127.0.0.1:1/batten")
    with pytest.raises(StoreProblem) as told:
        prepare(database)
    assert "refused" in str(told.value) and "a-Secret-9" not in str(told.value)


STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade():
    with op.batch_alter_table("team", table_kwargs={{"sqlite_autoincrement": True}}) as team:
        team.add_column(sa.Column("colour", sa.Text(), server_default="red", nullable=False))
        team.alter_column("name", existing_type=sa.Text(), nullable=True)
{more}"""


def step(folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    """Let there be a step more, which on SQLite makes a table again that others refer to."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    number = f"{int(STEPS[-1]) + 1:04}"
    text = STEP.format(number=number, before=STEPS[-1], more=more)
    (folder / "versions" / f"v{number}_colours.py").write_text(text)
    monkeypatch.setattr(upgrading, "HERE", folder)
    monkeypatch.setattr(schema, "STEPS", (*STEPS, number))


def test_a_step_keeps_the_rows(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(database)
    number = environment(database)
    step(tmp_path / "steps", monkeypatch)
    prepare(database)
    prepare(database)
    with database.begin() as db:
        assert db.exec_driver_sql("SELECT colour FROM team").scalar() == "red"
        assert db.exec_driver_sql("SELECT id FROM environment").scalar() == number
        db.exec_driver_sql("DELETE FROM team")
        assert db.exec_driver_sql("SELECT id FROM environment").scalar() is None
    if not database.fleet:
        assert "numbers of team" in parts(database)


def test_a_step_that_fails_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(database)
    environment(database)
    step(tmp_path / "steps", monkeypatch, "    op.execute('SELECT nonsense FROM nowhere')\n")
    with pytest.raises(StoreProblem):
        prepare(database)
    with database.begin() as db:
        assert "colour" not in {column["name"] for column in inspect(db).get_columns("team")}
        assert db.exec_driver_sql(f"SELECT version_num FROM {VERSIONS}").scalar() == STEPS[-1]
        assert db.exec_driver_sql("SELECT count(*) FROM environment").scalar() == 1

"""A history of `batten check` becomes an environment's: lives with the days on which they were first seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main
from batten.engine.check import Order, check
from batten.engine.history import HistoryProblem
from batten.engine.history.former import former_history
from batten.policy import Policy
from batten.watch.assess.pushes import ingest
from batten.watch.model import SERVICE, LifeState
from batten.watch.store import lives, runs
from batten.watch.store.database import Database, in_folder
from batten.watch.store.schema import prepare
from watch.assess.conftest import checked
from watch.assess.test_pushes import NOW, pushed

OLD = "events {}\nhttp { server { listen 443 ssl; server_name a.example; ssl_protocols TLSv1 TLSv1.2; } }\n"
NEW = OLD.replace("TLSv1 ", "")
DAYS = (
    "2026-01-01T00:00:00+00:00",
    "2026-01-02T00:00:00+00:00",
    "2026-01-04T00:00:00+00:00",
    "2026-01-05T00:00:00",
)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Four runs: with a weak version, without, with it again, and again."""
    root, file = tmp_path / "root", tmp_path / "history.db"
    root.mkdir()
    for text in (OLD, NEW, OLD, OLD):
        (root / "nginx.conf").write_text(text)
        check(root, Policy(), Order(probe=False, history_file=file))
    with sqlite3.connect(file) as db:
        for number, day in enumerate(DAYS, 1):
            db.execute("UPDATE run SET started = ? WHERE id = ?", (day, number))
    db.close()
    return file


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "data").mkdir(mode=0o700)
    database = in_folder(tmp_path / "data")
    prepare(database)
    yield database
    database.close()


def run(tmp_path: Path, file: Path, *words: str) -> Result:
    return CliRunner().invoke(
        main,
        [
            "watch",
            "import",
            str(file),
            "--environment",
            "orders/prod",
            "--data",
            str(tmp_path / "data"),
            *words,
        ],
    )


def test_findings_keep_their_first_day_and_go_on(tmp_path: Path, history: Path, service: Database) -> None:
    one = pushed(service)
    done = run(tmp_path, history)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("imported 4 runs and ")
    first, second, third, _ = (1_767_225_600_000 + day * 86_400_000 for day in (0, 1, 3, 4))
    with service.begin() as db:
        standing = {life.control: life for life in lives.standing(db, one.id)}
        again = standing["tls-version"]
        assert (again.opened, again.since, again.regressed, again.open_for) == (
            first,
            third,
            1,
            second - first,
        )
        assert [row.ended for row in runs.every(db, SERVICE)][::-1][:2] == [first, second]
        before = len(standing)
        ended = ingest(db, SERVICE, one, checked(tmp_path / "root"), NOW)
        assert (ended.opened, ended.fixed, ended.standing) == (0, 0, before)
        (kept,) = (life for life in lives.standing(db, one.id) if life.control == "tls-version")
        assert (kept.id, kept.opened, kept.state) == (again.id, first, LifeState.OPEN) and kept.detail
    again_run = run(tmp_path, history)
    assert again_run.exit_code == 2 and "orders/prod was assessed already" in again_run.output


def test_what_is_no_history_is_refused(tmp_path: Path, history: Path, service: Database) -> None:
    pushed(service)
    for damage in (b"", b"SQLite format 3\0" + b"\0" * 1000, history.read_bytes()[:8192]):
        other = tmp_path / "other.db"
        other.write_bytes(damage)
        done = run(tmp_path, other)
        assert done.exit_code == 2 and "cannot be imported" in done.output
    assert (
        "0 environments are called"
        in CliRunner()
        .invoke(
            main, ["watch", "import", str(history), "--environment", "none", "--data", str(tmp_path / "data")]
        )
        .output
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE run SET started = 'yesterday'", "'yesterday' is not a time"),
        ("UPDATE life SET severity = 9", "9 is not a severity"),
        ("UPDATE life SET opened = 99", "it names runs that it does not hold"),
        ("UPDATE life SET line = -1", "it holds values that batten never writes"),
        ("UPDATE life SET message = zeroblob(9000)", "it holds values that batten never writes"),
        ("PRAGMA user_version = 9", "its format is 9"),
        ("DROP TABLE life", "it has no table `life`"),
    ],
)
def test_what_batten_never_writes_is_refused(history: Path, change: str, said: str) -> None:
    with sqlite3.connect(history) as db:
        db.execute(change)
    db.close()
    with pytest.raises(HistoryProblem, match=said):
        former_history(history.read_bytes())

"""`batten watch backup`, `restore` and `migrate`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main
from batten.watch.store.database import Database, in_folder, open_database
from batten.watch.store.schema import prepare
from batten.watch.store.teams import named
from watch_postgres import postgres


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of a service that knows a team."""
    database = in_folder(tmp_path / "data")
    prepare(database)
    with database.begin() as db:
        named(db, "shop")
    database.close()
    return tmp_path / "data"


def batten(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["watch", *map(str, words)])


def teams(database: Database) -> list[str]:
    with database.read() as db:
        found = [str(row[0]) for row in db.exec_driver_sql("SELECT name FROM team")]
    database.close()
    return found


def test_a_backup_is_restored(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.gz"
    done = batten("backup", file, "--data", data)
    assert done.exit_code == 0 and f"{file} is written" in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == ["backup.gz"]
    again = batten("backup", file, "--data", data)
    assert again.exit_code == 2 and "exists already" in again.output
    assert batten("restore", file, "--data", tmp_path / "new").exit_code == 0
    assert teams(in_folder(tmp_path / "new")) == ["shop"]
    refused = batten("restore", file, "--data", data)
    assert refused.exit_code == 2 and "name an empty database" in refused.output


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    done = batten("backup", tmp_path / "backup.gz", "--data", tmp_path / "none")
    assert done.exit_code == 2 and "watch.db is not there" in done.output
    assert list(tmp_path.iterdir()) == []


def test_everything_moves_there_and_back(data: Path, tmp_path: Path) -> None:
    with postgres() as url:
        done = batten("migrate", "--from", f"sqlite:///{data}/watch.db", "--to", url)
        assert done.exit_code == 0 and "1  team" in done.output, done.output
        assert teams(open_database(url)) == ["shop"]
        back = batten("migrate", "--from", url, "--to", f"sqlite:///{tmp_path}/back.db")
        assert back.exit_code == 0 and "long-Enough-7" not in back.output
    assert teams(open_database(f"sqlite:///{tmp_path}/back.db")) == ["shop"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("restore", "none.gz"), "cannot be read: No such file"),
        (("restore", "/dev/zero"), "is not a regular file"),
        (("restore", "text"), "is not a whole backup of batten watch"),
        (("backup", "out.gz", "--database", "mysql://a/b"), "mysql databases are not supported"),
        (("backup", "none/out.gz", "--data", "data"), "cannot be written: No such file"),
        (("migrate", "--from", "sqlite:///none.db", "--to", "sqlite:///new.db"), "none.db is not there"),
        (("migrate", "--from", "sqlite:///data/watch.db", "--to", "nonsense"), "URL cannot be read"),
    ],
)
def test_what_cannot_be_is_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("something else\n")
    done = batten(*words)
    assert done.exit_code == 2 and said in done.output, done.output
    assert not (tmp_path / "new.db").exists() and not (tmp_path / "out.gz").exists()

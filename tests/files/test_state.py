"""batten's own state: outside every checkout, for its owner only, believed under its seal only."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from batten.files import NoState, Root, cache_of, state_of
from batten.files.database import foreign_database, own_database
from batten.files.lock import locked
from batten.files.state import unfinished


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "state"


def test_each_root_has_a_folder_for_its_owner_only(home: Path) -> None:
    one, two = state_of("/srv/one/app"), state_of("/srv/two/app")
    assert one.place != two.place and one.key == two.key and one.place.name.startswith("app-")
    one.files.replace(one.path("below/file"), b"x", 0o600)
    places = [home / "batten", one.place, one.place / "below"]
    assert {p.stat().st_mode & 0o777 for p in places} == {0o700}
    assert {p.stat().st_mode & 0o777 for p in (one.place / "below" / "file", home / "batten" / "key")} == {
        0o600
    }


def test_a_seal_is_of_one_root_purpose_and_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = state_of("/srv/one"), state_of("/srv/two")
    sealed = one.sealed("undo", b"data")
    assert one.opened("undo", sealed) == b"data"
    assert one.opened("trusted", sealed) is None and two.opened("undo", sealed) is None
    assert one.opened("undo", sealed[:-1]) is None and one.opened("undo", b"") is None
    monkeypatch.setenv("XDG_STATE_HOME", str(home.parent / "theirs"))
    assert state_of("/srv/one").opened("undo", sealed) is None


def test_state_within_the_files_under_review_is_refused(home: Path) -> None:
    for root in (home.parent, home):
        with pytest.raises(NoState, match="inside the reviewed folder"):
            state_of(str(root))
    assert not home.exists()


def test_a_folder_that_is_a_link_is_refused(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (home / "batten").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoState):
        state_of("/srv/one")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_open_modes_are_closed(home: Path) -> None:
    state_of("/srv/one")
    (home / "batten").chmod(0o755)
    state_of("/srv/one")
    assert (home / "batten").stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_used_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    with pytest.raises(NoState, match="XDG_STATE_HOME"):
        state_of("/srv/one")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the specification: to be ignored
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_of("/srv/one").place.parent == tmp_path / ".cache" / "batten"


def test_nothing_is_made_to_look_for_what_is_unfinished(home: Path) -> None:
    assert not unfinished(Path("/srv/one")) and not home.exists()


def _hold(root: str, log: str) -> None:
    for _ in range(20):
        with (
            locked(state_of(root), "lock"),
            locked(state_of(root), "lock"),
            Path(log).open("ab", buffering=0) as file,
        ):
            file.write(b"(")
            file.write(b")")


def test_one_at_a_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    workers = [context.Process(target=_hold, args=("/srv/one", str(log))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert log.read_bytes() == b"()" * 60


def test_a_lock_that_is_held_is_told() -> None:
    state = state_of("/srv/one")
    taken = os.open(state.place / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(taken, fcntl.LOCK_EX)
    with pytest.raises(NoState, match="another batten"), locked(state, "lock", 0.1):
        pass
    os.close(taken)


def written(path: Path, *statements: str) -> bytes:
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()
    return path.read_bytes()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def test_a_strangers_database_is_read_within_bounds(tmp_path: Path) -> None:
    data = written(
        tmp_path / "a.db", "PRAGMA journal_mode=WAL", "CREATE TABLE t (a)", "INSERT INTO t VALUES (7)"
    )
    with foreign_database(data, {"t": ("a",)}) as db:
        assert db.execute("SELECT a FROM t").fetchall() == [(7,)]
        with pytest.raises(sqlite3.Error):
            db.execute("INSERT INTO t VALUES (8)")
    view = written(tmp_path / "b.db", f"CREATE VIEW t AS {ENDLESS}")
    with pytest.raises(sqlite3.Error, match="no table"), foreign_database(view, {"t": ("a",)}):
        pass
    for broken in (b"", b"no database" * 100, data[:3000]):
        with pytest.raises(sqlite3.Error), foreign_database(broken, {"t": ("a",)}) as db:
            db.execute("SELECT a FROM t").fetchall()


def test_a_query_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.files.database._MOST_LOOKS", 20)
    data = written(tmp_path / "a.db", "CREATE TABLE t (a)")
    with foreign_database(data, {"t": ("a",)}) as db, pytest.raises(sqlite3.Error, match="interrupted"):
        db.execute(f"SELECT count(*) FROM ({ENDLESS})").fetchall()


def test_our_own_databases_are_for_their_owner_and_no_link(tmp_path: Path) -> None:
    with own_database(tmp_path / "own.db") as db:
        db.execute("CREATE TABLE t (a)")
    assert (tmp_path / "own.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link.db").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError), own_database(tmp_path / "link.db"):
        pass
    assert not (tmp_path / "victim").exists() and Root(tmp_path).is_link("link.db")

"""A backup is one file; what is not a whole one is refused before anything is written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from batten.watch.store import copying
from batten.watch.store import restore as restoring
from batten.watch.store.backup import KEPT, write
from batten.watch.store.copying import Copied
from batten.watch.store.database import Database, StoreProblem, in_folder, open_database
from batten.watch.store.jobs import are_there, prepare_jobs
from batten.watch.store.restore import restore
from batten.watch.store.schema import prepare
from batten.watch.store.tables import metadata, team
from proofs import PROOF
from watch_filled import fill
from watch_postgres import postgres

KINDS = pytest.mark.parametrize("kinds", [("sqlite", "postgresql"), ("postgresql", "sqlite")])


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[Database]:
    """A database without tables."""
    with ExitStack() as stack:
        if kind == "sqlite":
            database = in_folder(folder)
        else:
            database = open_database(stack.enter_context(postgres()))
        stack.callback(database.close)
        yield database


def backed_up(database: Database) -> bytes:
    file = BytesIO()
    write(database, file, lambda _: None)
    return file.getvalue()


def put_back(data: bytes, target: Database) -> list[Copied]:
    done: list[Copied] = []
    restore(BytesIO(data), len(data), target, done.append)
    return done


def content(database: Database) -> list[Copied]:
    with database.read() as db:
        return [copying.counted(db, table, copying.names(table)) for table in KEPT]


def nothing(database: Database) -> bool:
    with database.read() as db:
        return copying.there(db) == set()


@KINDS
def test_a_backup_is_what_was_there(tmp_path: Path, kinds: tuple[str, str]) -> None:
    with empty(kinds[0], tmp_path / "full") as full, empty(kinds[1], tmp_path / "new") as new:
        prepare(full)
        fill(full)
        data = backed_up(full)
        assert put_back(data, new) == content(full) == content(new)
        # Of the other database it is the same file, but for when it was made.
        assert gzip.decompress(backed_up(new)).splitlines()[1:-1] == gzip.decompress(data).splitlines()[1:-1]
        assert "session" not in json.loads(gzip.decompress(data).splitlines()[0])["tables"]
        prepare(new)
        with new.begin() as db:
            made = db.execute(insert(team).values(name="one more")).inserted_primary_key
            assert made is not None and made[0] == 6
        before = content(new)
        with pytest.raises(StoreProblem, match="name an empty database"):
            put_back(data, new)
        assert content(new) == before


def test_a_fleet_is_restored_into_a_new_database(tmp_path: Path) -> None:
    """Its queue is not in the backup: it is made again from the runs that wait."""
    with empty("postgresql", tmp_path) as full, empty("postgresql", tmp_path) as new:
        prepare(full)
        prepare_jobs(full)
        put_back(backed_up(full), new)
        prepare_jobs(new)
        with new.read() as db:
            assert are_there(db)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A backup to be spoiled."""
    database = in_folder(tmp_path_factory.mktemp("made"))
    prepare(database)
    fill(database, rows=2)
    data = backed_up(database)
    database.close()
    return data


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = in_folder(tmp_path_factory.mktemp("target"))
    yield database
    database.close()


@settings(max_examples=2_000 if PROOF else 60)
@given(st.data())
def test_a_truncated_backup_is_refused(made: bytes, target: Database, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(made) - 1))
    with pytest.raises(StoreProblem, match="nothing was restored"):
        put_back(made[:length], target)
    assert nothing(target)


@settings(max_examples=2_000 if PROOF else 60)
@given(st.data())
def test_a_backup_whose_lines_were_cut_is_refused(made: bytes, target: Database, data: st.DataObject) -> None:
    plain = gzip.decompress(made)
    length = data.draw(st.integers(0, len(plain) - 1))
    with pytest.raises(StoreProblem):
        put_back(gzip.compress(plain[:length]), target)
    assert nothing(target)


@settings(max_examples=5_000 if PROOF else 100)
@given(st.data())
def test_a_changed_backup_is_refused_or_the_same(made: bytes, target: Database, data: st.DataObject) -> None:
    changed = bytearray(gzip.decompress(made))
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    if bytes(changed) == gzip.decompress(made):
        return
    with pytest.raises(StoreProblem):
        put_back(gzip.compress(bytes(changed)), target)
    assert nothing(target)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"SQLite format 3\0",
        gzip.compress(b"", mtime=0),
        gzip.compress(b"{}\n", mtime=0),
        gzip.compress(b"\xff\n", mtime=0),
    ],
)
def test_what_is_something_else_is_refused(target: Database, data: bytes) -> None:
    with pytest.raises(StoreProblem, match=r"not a (whole )?backup of batten watch"):
        put_back(data, target)
    assert nothing(target)


def forged(made: bytes, change: Callable[[list[bytes]], None]) -> bytes:
    """The backup with other lines and digests that fit them, as only a forger makes it."""
    lines = gzip.decompress(made).splitlines(keepends=True)[:-1]
    change(lines)
    digest = sha256()
    out: list[bytes] = []
    tally = copying.Tally("")
    for at, line in enumerate(lines):
        if line.startswith(b"{") and at:
            name = json.loads(line)["table"]
            copied = tally.copied
            line = msgspec.json.encode({"table": name, "rows": copied.rows, "digest": copied.digest}) + b"\n"
            tally = copying.Tally("")
        elif at:
            tally.add(line)
        digest.update(line)
        out.append(line)
    return gzip.compress(b"".join(out) + msgspec.json.encode({"end": digest.hexdigest()}) + b"\n")


def head(lines: list[bytes], **changes: object) -> None:
    lines[0] = msgspec.json.encode(json.loads(lines[0]) | changes) + b"\n"


def swap(lines: list[bytes], old: bytes, new: bytes) -> None:
    at = next(number for number, line in enumerate(lines) if number and old in line)
    lines[at] = lines[at].replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: head(lines, step="0999"), "newer version"),
        (lambda lines: head(lines, batten_watch_backup=2), "newer version"),
        (lambda lines: head(lines, tables={"sqlite_master": ["sql"]}), "nothing was restored"),
        (lambda lines: head(lines, tables={"batten_version": ["version_num"]}), "nothing was restored"),
        (lambda lines: head(lines, numbers={"team": -4}), "not numbered like this"),
        (lambda lines: head(lines, numbers={"run; DROP TABLE team": 4}), "does not have"),
        (lambda lines: swap(lines, b"[1,", b'["1",'), "nothing was restored"),
        (lambda lines: swap(lines, b"[1,", b"[1,1,"), "does not fit its columns"),
        (lambda lines: swap(lines, b"[1,", b"[99999999999999999999,"), "nothing was restored"),
        (lambda lines: lines.insert(1, lines[1]), "nothing was restored"),
    ],
)
def test_a_forged_backup_is_refused(
    made: bytes, target: Database, change: Callable[[list[bytes]], None], said: str
) -> None:
    assert put_back(forged(made, lambda _: None), target)
    with target.begin() as db:
        metadata.drop_all(db)
        db.exec_driver_sql("DROP TABLE batten_version")
    with pytest.raises(StoreProblem, match=said):
        put_back(forged(made, change), target)
    assert nothing(target)


def test_a_file_that_unpacks_to_ever_more_is_refused(
    target: Database, monkeypatch: pytest.MonkeyPatch, made: bytes
) -> None:
    monkeypatch.setattr(restoring, "_SPARE", 1_000_000)
    lines = gzip.decompress(made).splitlines(keepends=True)
    bomb = gzip.compress(lines[0] + b"[]\n" * 10_000_000)
    with pytest.raises(StoreProblem, match=r"does not fit its columns|more than a backup"):
        put_back(bomb, target)
    with pytest.raises(StoreProblem, match="more than a backup"):
        put_back(gzip.compress(lines[0] + b"[" + b" " * 20_000_000), target)
    assert nothing(target)

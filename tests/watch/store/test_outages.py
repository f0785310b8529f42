"""Nothing that was confirmed is lost: writers that are killed, a full disk, a PostgreSQL that stops.

With HYPOTHESIS_PROFILE=proof writers are killed two hundred times on each database; else a few times.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

import watch_full_disk
import watch_writer
from batten.watch.model import SERVICE, Happening, RunState
from batten.watch.store import audit, runs
from batten.watch.store import database as databases
from batten.watch.store.database import Database, in_folder, open_database, unavailable
from batten.watch.store.schema import prepare
from batten.watch.store.tables import event
from needs import program, without
from proofs import PROOF
from waiting import answering
from watch_postgres import server
from watch_stores import environment, sqlite
from watch_writer import once

KILLS = 200 if PROOF else 4


class Writer:
    """A process that writes runs, and what it has said."""

    def __init__(self, url: str, name: str, number: int) -> None:
        self._command = [sys.executable, watch_writer.__file__, url, name, str(number)]
        self.confirmed: list[int] = []
        self.troubles: list[str] = []
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)

    def read(self, lines: int) -> None:
        assert self._process.stdout is not None
        for _ in range(lines):
            line = self._process.stdout.readline()
            assert line, "the writer has ended"
            self._keep(line)

    def kill(self) -> None:
        """End it at this moment, and read what it had said before."""
        self._process.kill()
        rest, _ = self._process.communicate()
        for line in rest.splitlines(keepends=True):
            self._keep(line)

    def _keep(self, line: str) -> None:
        if line.startswith("!"):
            self.troubles.append(line)
        elif line.endswith("\n"):
            self.confirmed.append(int(line))


@contextmanager
def writers(database: Database, *names: str) -> Iterator[list[Writer]]:
    """Writers on one database, each for an environment of its own."""
    url = database.engine.url.render_as_string(hide_password=False)
    there = [Writer(url, name, environment(database, name)) for name in names]
    try:
        yield there
    finally:
        for one in there:
            one.kill()


def assert_whole(database: Database, confirmed: list[int]) -> None:
    """Every confirmed run has ended once, and the audit follows."""
    with database.read() as db:
        done = {one.id for one in runs.every(db, SERVICE, states=[RunState.DONE], most=10_000_000)}
        assert set(confirmed) <= done and len(set(confirmed)) == len(confirmed)
        ends = select(event.c.run, func.count()).where(event.c.what == Happening.RUN_DONE.value)
        ended = {row[0]: row[1] for row in db.execute(ends.group_by(event.c.run))}
        assert ended == dict.fromkeys(done, 1)
        assert audit.verify(db) is None
        if not database.fleet:
            assert db.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_writers_are_killed(store: Database) -> None:
    """Two processes write one database; one of them is killed at any moment, and starts again."""
    chance = random.Random(7)
    with writers(store, "one", "two") as there:
        for _ in range(KILLS):
            victim = chance.choice(there)
            victim.read(chance.randrange(1, 12))
            victim.kill()
            victim.start()
        for one in there:
            one.read(3)
    assert not [trouble for one in there for trouble in one.troubles]
    assert_whole(store, [number for one in there for number in one.confirmed])


def test_a_full_disk(tmp_path: Path) -> None:
    """The disk is a small one, which its writer fills and clears again and again."""
    unshare = program("unshare")
    mount = f"mount -t tmpfs -o size=3m none '{tmp_path}' && exec \"$@\""
    command = [unshare, "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        without("mounting in a user namespace", "allow unprivileged user namespaces")
    done = subprocess.run(
        [*command, sys.executable, watch_full_disk.__file__, tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["after"] and all(seen["whole"] and seen["written"] for seen in told["seen"])
    assert {seen["said"] for seen in told["seen"]} == {
        "the disk is full: the database cannot be written; free some space"
    }


def test_a_postgresql_that_stops_and_starts() -> None:
    with server() as there, closing(open_database(there.url(there.new()))) as database:
        prepare(database)
        number = environment(database)
        confirmed = []
        for how in (signal.SIGINT, signal.SIGQUIT):
            confirmed += [once(database, "w", number) for _ in range(5)]
            with writers(database, how.name) as (writer,):
                writer.read(5)
                there.stop(how)
                while not writer.troubles:
                    writer.read(1)
                with pytest.raises(DBAPIError) as trouble:
                    once(database, "w", number)
                assert unavailable(trouble.value).startswith("the database reports: ")
                there.start()
                done = len(writer.confirmed)
                while len(writer.confirmed) < done + 5:
                    writer.read(1)
            confirmed += writer.confirmed
            confirmed.append(answering(lambda: once(database, "w", number), DBAPIError))
        assert_whole(database, confirmed)


def test_a_lock_that_is_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_BUSY", 0.01)
    database = sqlite(tmp_path)
    other = in_folder(tmp_path)
    with other.begin(), pytest.raises(DBAPIError) as trouble, database.begin():
        pass
    assert unavailable(trouble.value) == "another process has kept the database locked for 30 s"
    with database.begin():
        pass
    database.close()
    other.close()

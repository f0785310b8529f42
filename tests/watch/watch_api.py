"""The service for tests of its API: the real application, and programs that ask it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

import servers
from batten.watch.access.ids import HINT, digest, random_token
from batten.watch.model import Caller, Grant, Role
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store import tables, users
from batten.watch.store.database import Database
from batten.watch.store.rows import as_json
from waiting import BOUND
from watch_sessions import token, user

ADMIN = Caller(name="ada", grants=(Grant(Role.ADMIN),))
LASTING = 987_654_321
EVERY = ("read", "run", "push", "waive", "admin")


class Service:
    """A service that listens, and clients of it."""

    def __init__(self, database: Database, port: int) -> None:
        self.database, self.url, self.clients = database, f"http://127.0.0.1:{port}", ExitStack()

    def token(self, caller: Caller = ADMIN) -> str:
        """A new token of a user of this name and with these grants."""
        with self.database.read() as db:
            known = users.named(db, caller.name)
        number = known.id if known is not None else user(self.database, *caller.grants, name=caller.name)
        return token(self.database, number, *(EVERY if caller.scopes is None else sorted(caller.scopes)))

    def lasting_token(self) -> str:
        """A token with every scope, of an administrator; both have numbers that nothing generated names, and so removes."""
        sent = random_token()
        with self.database.begin() as db:
            db.execute(insert(tables.user).values(id=LASTING, name="lasting", created=0))
            users.allow(db, LASTING, Grant(Role.ADMIN))
            kept = {"digest": digest(sent), "hint": sent[:HINT], "scopes": as_json(EVERY)}
            db.execute(
                insert(tables.token).values(id=LASTING, name="all", account=LASTING, created=0, **kept)
            )
        return sent

    def client(self, caller: Caller | None = ADMIN) -> httpx.Client:
        """A program that asks as a caller; None: with a token that is not one."""
        sent = self.token(caller) if caller is not None else "bt_none"
        headers = {"Authorization": f"Bearer {sent}"}
        return self.clients.enter_context(httpx.Client(base_url=self.url, headers=headers, timeout=BOUND))


@contextmanager
def api(database: Database, folder: Path, four_eyes: bool = False, **options: Any) -> Iterator[Service]:
    """The real application under a real server on loopback; `options` are those of uvicorn."""
    app = application(Watch(database, Settings(folder=folder, four_eyes=four_eyes)))
    with servers.application(app, server_header=False, proxy_headers=False, **options) as port:
        service = Service(database, port)
        with service.clients:
            yield service


def viewer(**over: int) -> Caller:
    return Caller(name="vera", grants=(Grant(Role.VIEWER, **over),))


def is_problem(answer: Any, status: int) -> Mapping[str, Any]:
    """The problem document of an answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Mapping[str, Any] = answer.json()
    assert found["status"] == status
    return found

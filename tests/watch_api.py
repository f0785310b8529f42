"""The service for tests of its API: the real application, and who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

import servers
from batten.watch.model import Caller, Grant, Role
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import Database
from waiting import BOUND

ADMIN = Caller(name="ada", user=1, grants=(Grant(Role.ADMIN),))
TOKEN = {"Authorization": "Bearer bt_test"}


class As:
    """An application as one caller asks it: the header Test-Caller names one that was `known`."""

    def __init__(self, app: Any) -> None:
        self.app, self.known = app, dict[bytes, Caller | None]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            caller = self.known.get(dict(scope["headers"]).get(b"test-caller", b""))
            scope = {**scope, "state": {**scope.get("state", {}), "caller": caller}}
        await self.app(scope, receive, send)


class Service:
    """A service that listens, and clients of it."""

    def __init__(self, app: As, port: int) -> None:
        self.app, self.port, self.clients = app, port, ExitStack()

    def client(self, caller: Caller | None = ADMIN) -> httpx.Client:
        """Who asks as a caller, with some token."""
        name = f"caller-{len(self.app.known)}"
        self.app.known[name.encode()] = caller
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={**TOKEN, "Test-Caller": name}, timeout=BOUND
        )
        return self.clients.enter_context(client)


@contextmanager
def api(database: Database, folder: Path) -> Iterator[Service]:
    """The real application under a real server on loopback."""
    app = As(application(Watch(database, Settings(folder=folder))))
    with servers.application(app, server_header=False, proxy_headers=False) as port:
        service = Service(app, port)
        with service.clients:
            yield service


def viewer(**over: int) -> Caller:
    return Caller(name="vera", user=2, grants=(Grant(Role.VIEWER, **over),))


def is_problem(answer: Any, status: int) -> Mapping[str, Any]:
    """The problem document of an answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Mapping[str, Any] = answer.json()
    assert found["status"] == status
    return found

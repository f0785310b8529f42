"""Users, sessions and tokens of `batten watch` for tests, and clients that present them."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import httpx
from starlette.types import ASGIApp

from batten.watch.access.ids import HINT, digest, random_id, random_token
from batten.watch.model import DAY, Grant, Role, Session, Token, User
from batten.watch.store import sessions, tokens, users
from batten.watch.store.database import Database, now

ADMIN = (Grant(Role.ADMIN),)
OPERATOR = (Grant(Role.OPERATOR),)
VIEWER = (Grant(Role.VIEWER),)
_NUMBERS = count(1)


def user(database: Database, *grants: Grant, name: str = "") -> int:
    """The id of a new user with these grants."""
    one = User(name=name or f"user{next(_NUMBERS)}", created=now())
    with database.begin() as db:
        number = users.add(db, one)
        for grant in grants:
            users.allow(db, number, grant)
    return number


def session(database: Database, number: int) -> tuple[str, str]:
    """The id and the CSRF token of a new session of a user."""
    sent, csrf, at = random_id(), random_id(), now()
    one = Session(user=number, csrf=csrf, created=at, seen=at, expires=at + DAY)
    with database.begin() as db:
        sessions.add(db, digest(sent), one)
    return sent, csrf


def token(database: Database, number: int, *scopes: str, team: int = 0, environment: int = 0) -> str:
    """A new token of a user."""
    sent = random_token()
    one = Token(
        name="ci",
        hint=sent[:HINT],
        user=number,
        scopes=scopes,
        team=team,
        environment=environment,
        created=now(),
    )
    with database.begin() as db:
        tokens.add(db, digest(sent), one)
    return sent


class Client:
    """A browser or a program that talks to an application in this process, and keeps its cookies."""

    def __init__(
        self, app: ASGIApp, headers: dict[str, str] | None = None, base: str = "http://127.0.0.1"
    ) -> None:
        self.app = app
        self.base = base
        self.headers = headers or {}
        self.cookies = httpx.Cookies()
        self.csrf = ""

    def present(self, session: str) -> None:
        """Send the id of a session from now on."""
        self.cookies.set("batten", session, domain="127.0.0.1")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, options))

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url=self.base, headers=self.headers, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **options)
            self.cookies = client.cookies
            return answer


def browser(app: ASGIApp, database: Database, *grants: Grant, name: str = "") -> Client:
    """A client that is logged in as a new user with these grants, and sends the session's CSRF token with each request."""
    sent, csrf = session(database, user(database, *grants, name=name))
    client = stranger(app)
    client.present(sent)
    client.headers["X-CSRF-Token"] = client.csrf = csrf
    return client


def program(app: ASGIApp, database: Database, *grants: Grant, scopes: tuple[str, ...] = ("read",)) -> Client:
    """A client that presents a token of a new user with these grants."""
    sent = token(database, user(database, *grants), *scopes)
    return Client(app, {"Authorization": f"Bearer {sent}"})


def stranger(app: ASGIApp) -> Client:
    """A client that nobody knows."""
    return Client(app)


def raw(
    app: ASGIApp, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> dict[str, object]:
    """The start of an answer to a request as a server passes it on, whatever is in it."""
    said: list[dict[str, object]] = []
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")] * all(name != b"host" for name, _ in headers) + headers, "scheme": "http",
        "server": ("127.0.0.1", 8470), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    come = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        return come.pop() if come else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return said[0]

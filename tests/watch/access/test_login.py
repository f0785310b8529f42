"""From a stranger to a session and back, on the real application."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from batten.watch.access import accounts, passwords
from batten.watch.access.callers import IDLE, LASTS, by_session
from batten.watch.access.ids import digest
from batten.watch.model import User
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store import audit, sessions, users
from batten.watch.store.database import Database, now
from watch_sessions import ADMIN, VIEWER, Client, browser, stranger
from watch_stores import sqlite

PASSWORD = "correct horse battery"
HERE = {"Origin": "http://127.0.0.1"}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = sqlite(tmp_path)
    with made.begin() as db:
        number = users.add(db, User(name="ada", hash=passwords.hashed(PASSWORD), created=0))
        users.allow(db, number, ADMIN[0])
        users.add(db, User(name="gone", hash=passwords.hashed(PASSWORD), disabled=True, created=0))
        users.add(db, User(name="elsewhere", issuer="https://login.example", subject="7", created=0))
    return made


@pytest.fixture
def app(database: Database, tmp_path: Path) -> ASGIApp:
    return application(Watch(database, Settings(folder=tmp_path)))


def enter(client: Client, name: str = "ada", password: str = PASSWORD, **more: str) -> httpx.Response:
    return client.post("/login", data={"name": name, "password": password, **more}, headers=HERE)


def cookies(answer: httpx.Response) -> dict[str, dict[str, str]]:
    found = {}
    for line in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(line).items():
            found[name] = {"value": morsel.value, **{k: str(v) for k, v in morsel.items() if v}}
    return found


def acts(database: Database) -> list[str]:
    with database.read() as db:
        assert audit.verify(db) is None
        return [f"{e.by} {e.action}" for e in audit._all(db)]


def test_a_session_begins_and_ends(app: ASGIApp, database: Database) -> None:
    client = stranger(app)
    assert 'action="/login"' in client.get("/login").text
    answer = enter(client, next="/settings/password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/password")
    page = client.get("/settings/password")
    assert page.status_code == 200 and "ada" in page.text
    assert client.get("/login").headers["location"] == "/"
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    kept = client.cookies["batten"]
    ended = client.post("/logout", data={"csrf": csrf}, headers=HERE)
    assert ended.headers["location"] == "/login" and "batten" not in client.cookies
    client.present(kept)
    assert client.get("/settings/password").status_code == 303
    assert acts(database) == ["ada log-in", "ada log-out"]


def test_cookies_of_loopback_are_for_this_host_and_hidden_from_scripts(app: ASGIApp) -> None:
    found = cookies(enter(stranger(app)))
    assert found.keys() == {"batten", "batten-known"}
    for cookie in found.values():
        assert {k: v for k, v in cookie.items() if k not in ("value", "max-age")} == {
            "path": "/", "httponly": "True", "samesite": "lax",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("base", "url"),
    [("https://watch.example", "https://watch.example"), ("http://127.0.0.1", "https://w.example")],
)
def test_cookies_of_tls_are_host_cookies(database: Database, tmp_path: Path, base: str, url: str) -> None:
    client = Client(application(Watch(database, Settings(folder=tmp_path, url=url))), base=base)
    form = {"name": "ada", "password": PASSWORD}
    found = cookies(client.post("/login", data=form, headers={"Origin": url}))
    assert found.keys() == {"__Host-batten", "__Host-batten-known"}
    assert all(c["secure"] and c["path"] == "/" and "domain" not in c for c in found.values())
    assert client.get("/login").headers["strict-transport-security"] == "max-age=31536000"


def test_refusals_are_one(app: ASGIApp, database: Database) -> None:
    answers = [
        enter(stranger(app), name, password)
        for name, password in [
            ("ada", "wrong"),
            ("eve", "wrong"),
            ("gone", PASSWORD),
            ("elsewhere", ""),
            ("elsewhere", PASSWORD),
        ]
    ]
    said = {
        a.text.replace(f'value="{name}"', "")
        for a, name in zip(answers, ["ada", "eve", "gone", *["elsewhere"] * 2], strict=True)
    }
    assert len(said) == 1 and {a.status_code for a in answers} == {403}
    assert not any(a.headers.get("set-cookie") for a in answers)
    assert set(acts(database)) == {" log-in-failed"}


def test_no_password_is_in_the_audit(app: ASGIApp, database: Database) -> None:
    enter(stranger(app), "my-secret-as-a-name", "my-secret")
    enter(stranger(app), "ada", "my-secret")
    with database.read() as db:
        entries = list(audit._all(db))
    assert "my-secret" not in repr(entries) and [e.subject for e in entries] == ["", "ada"]


def test_too_many_attempts_are_told_to_wait(app: ASGIApp) -> None:
    client = stranger(app)
    answers = [enter(client, "ada", "wrong") for _ in range(6)]
    assert [a.status_code for a in answers] == [403] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 2


def test_a_planted_session_is_worth_nothing(app: ASGIApp, database: Database) -> None:
    client = stranger(app)
    client.present("planted")
    enter(client)
    first = client.cookies["batten"]
    assert first != "planted"
    enter(client)
    assert client.cookies["batten"] != first
    with database.read() as db:
        assert sessions.find(db, digest(first), now(), IDLE) is None  # the old one ended


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\r\nb: c",
        "é",
        "evil",
    ],
)
def test_nobody_is_sent_elsewhere(app: ASGIApp, database: Database, goal: str) -> None:
    assert enter(stranger(app), next=goal).headers["location"] == "/"
    client = browser(app, database, *VIEWER)
    assert client.get("/login", params={"next": goal}).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:81"}, {**HERE, "Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_other_sites_log_nobody_in(app: ASGIApp, headers: dict[str, str]) -> None:
    answer = stranger(app).post("/login", data={"name": "ada", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


def test_a_first_administrator_changes_the_password_first(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    app = application(Watch(database, Settings(folder=tmp_path)))
    password = accounts.first_admin(database, now())
    assert password and accounts.first_admin(database, now()) == ""
    client = stranger(app)
    assert enter(client, "admin", password, next="/runs").headers["location"] == "/settings/password"
    assert client.get("/map").headers["location"] == "/settings/password"
    assert client.get("/api/v1/me").status_code == 403
    csrf = client.get("/settings/password").text.split('name="csrf" value="')[1].split('"')[0]
    other = browser(app, database, name="other")

    def change(old: str, new: str, again: str = "") -> httpx.Response:
        form = {"old": old, "new": new, "again": again or new, "csrf": csrf}
        return client.post("/settings/password", data=form, headers=HERE)

    assert change("wrong", PASSWORD).status_code == 422
    assert "at least 12" in change(password, "short").text
    assert "differ" in change(password, PASSWORD, "another").text
    assert "current one" in change(password, password).text
    before = client.cookies["batten"]
    assert change(password, PASSWORD).headers["location"] == "/"
    assert client.cookies["batten"] != before and by_session(database, before, now()) is None
    assert client.get("/api/v1/me").status_code == other.get("/api/v1/me").status_code == 200
    assert enter(stranger(app), "admin", PASSWORD, next="/runs").headers["location"] == "/runs"


def test_sessions_end_by_themselves(database: Database, app: ASGIApp) -> None:
    client = stranger(app)
    enter(client)
    sent, at = client.cookies["batten"], now()
    assert by_session(database, sent, at + IDLE - 60_000) is not None  # noted as used
    assert by_session(database, sent, at + IDLE + 60_000) is not None
    assert by_session(database, sent, at + 3 * IDLE) is None
    for turn in range(1, 24):
        assert by_session(database, sent, at + turn * LASTS // 25) is not None
    assert by_session(database, sent, at + LASTS + 1) is None


def test_who_is_disabled_is_out_at_once(database: Database, app: ASGIApp) -> None:
    client = stranger(app)
    enter(client)
    browser(app, database, *ADMIN)
    with database.begin() as db:
        ada = users.named(db, "ada")
        assert ada is not None
        accounts.disable(db, "root", ada, now())
    assert client.get("/settings/password").status_code == 303
    assert enter(stranger(app)).status_code == 403

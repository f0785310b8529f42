"""What other sites, other names and too much of everything come to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from batten.watch.access import ids
from batten.watch.access.callers import by_session, by_token
from batten.watch.access.hosts import host_name, is_loopback, served
from batten.watch.access.middleware import guarded
from batten.watch.access.throttle import network
from batten.watch.model import Grant, Role
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import Database
from watch_sessions import ADMIN, Client, browser, raw, session, stranger, token, user
from watch_stores import environment, sqlite


async def echo(request: Request) -> Response:
    return PlainTextResponse((await request.body()).decode("latin-1"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return sqlite(tmp_path_factory.mktemp("forgery"))


def application(database: Database, url: str = "") -> ASGIApp:
    methods = ["GET", "POST", "PUT", "DELETE"]
    inner = Starlette(routes=[Route("/{rest:path}", echo, methods=methods)])
    return guarded(inner, Watch(database, Settings(folder=Path("/nowhere"), url=url)))


@pytest.fixture(scope="module")
def app(database: Database) -> ASGIApp:
    return application(database)


@pytest.fixture
def client(app: ASGIApp, database: Database) -> Client:
    made = browser(app, database, *ADMIN)
    del made.headers["X-CSRF-Token"]
    return made


def test_a_form_brings_the_token_of_its_session(client: Client, database: Database, app: ASGIApp) -> None:
    form = {"csrf": client.csrf, "reason": "ü&="}
    answer = client.post("/waivers/7/extend", data=form)
    assert (
        answer.status_code == 200 and "reason=%C3%BC%26%3D" in answer.text
    )  # the body is there for the page
    _, others = session(database, user(database, *ADMIN))
    for wrong in (
        {},
        {"csrf": ""},
        {"csrf": "x"},
        {"csrf": others},
        {"csrf": [others, client.csrf]},
        {"CSRF": client.csrf},
    ):
        assert client.post("/waivers/7/extend", data=wrong).status_code == 403


def test_a_script_brings_it_in_a_header(client: Client) -> None:
    headers = {"X-CSRF-Token": client.csrf}
    assert client.request("DELETE", "/api/v1/environments/7", headers=headers).status_code == 200
    assert client.post("/api/v1/runs", json={}, headers=headers).status_code == 200
    assert client.post("/api/v1/runs", json={"csrf": client.csrf}).status_code == 403
    assert client.post("/runs/7/cancel", files={"csrf": client.csrf}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1.evil.example"},
        {"Origin": "http://127.0.0.1:8471"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_token_that_leaked_does_not_help_other_sites(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("/runs/7/cancel", data={"csrf": client.csrf}, headers=headers)
    assert answer.status_code == 403 and "does not come from a page of this session" in answer.text


def test_a_program_needs_none(app: ASGIApp, database: Database) -> None:
    sent = token(database, user(database, *ADMIN), "run")
    with_token = Client(app, {"Authorization": f"bearer {sent}", "Origin": "https://ci.example"})
    assert with_token.post("/api/v1/runs", json={}).status_code == 200


def test_a_token_that_is_wrong_is_not_helped_by_a_cookie(client: Client) -> None:
    for wrong in ("Bearer x", "Basic YTpi", "", "Bearer"):
        assert client.get("/api/v1/runs", headers={"Authorization": wrong}).status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8470", 200), ("localhost", 200), ("[::1]:8470", 200), ("LOCALHOST:1", 200), ("127.9.9.9", 200),
        ("watch.example", 200), ("watch.example:443", 200), ("WATCH.example", 200),
        ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421), ("watch.example.evil.example", 421),
        ("evil.example/@127.0.0.1", 421), ("a@127.0.0.1", 421), ("127.0.0.1 evil", 421), ("", 421), ("192.0.2.1", 421), ("127.0.0.1:x", 421),
    ],
)  # fmt: skip
def test_only_its_own_hosts_are_served(database: Database, host: str, status: int) -> None:
    app = application(database, url="https://watch.example")
    answer = Client(app).get("/login", headers={"Host": host})
    assert answer.status_code == status
    assert Client(app).get("/healthz", headers={"Host": host}).status_code == 200


def test_who_has_a_token_or_signs_may_use_any_name(app: ASGIApp, database: Database) -> None:
    sent = token(database, user(database, *ADMIN), "read")
    inside = {"Host": "watch.batten.svc:8470"}
    known = {**inside, "Authorization": f"Bearer {sent}"}
    assert Client(app, known).get("/api/v1/runs").status_code == 200
    assert Client(app, {**inside, "Authorization": "Bearer x"}).get("/api/v1/runs").status_code == 401
    assert Client(app, inside).get("/api/v1/runs").status_code == 421
    assert Client(app, known).get("/runs").status_code == 421  # no page
    assert Client(app, inside).post("/hooks/7").status_code == 200
    cookie = browser(app, database, *ADMIN)
    cookie.headers |= {**inside, "Authorization": "x"}
    assert cookie.get("/api/v1/runs").status_code == 401


def test_the_address_that_was_connected_to_is_served() -> None:
    assert served("10.1.2.3:8470", "10.1.2.3", "") and not served("10.1.2.4:8470", "10.1.2.3", "")
    assert served("[2001:db8::1]:8470", "2001:db8::1", "")


@given(st.text(max_size=80))
def test_any_host_is_read(host: str) -> None:
    name = host_name(host)
    assert name == name.strip() and not set(name) & set("/@ \\")
    assert not is_loopback(host) or served(host, "", "")
    assert isinstance(network(host), str)


@pytest.mark.parametrize(("path", "most"), [("/waivers/7/extend", 256 * 1024), ("/api/v1/runs", 1024 * 1024)])
def test_a_body_is_bounded(client: Client, path: str, most: int) -> None:
    headers = {"X-CSRF-Token": client.csrf, "Content-Type": "application/octet-stream"}
    assert client.post(path, content=b"a" * most, headers=headers).status_code == 200
    assert client.post(path, content=b"a" * (most + 1), headers=headers).status_code == 413
    assert client.post(path, content=parts(most + 1), headers=headers).status_code == 413
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(path, content=parts(most + 1), headers=form).status_code == 413
    assert stranger(client.app).post("/login", content=parts(most + 1), headers=form).status_code in (
        403,
        413,
    )


async def parts(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 65_536):
        yield b"a" * min(65_536, size - start)


HEADERS = (
    "Cookie",
    "Authorization",
    "Host",
    "Origin",
    "Sec-Fetch-Site",
    "X-CSRF-Token",
    "Content-Length",
    "HX-Request",
    "Content-Type",
)


@settings(max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE"]),
    path=st.sampled_from(
        ["/", "/login", "/api/v1/runs", "/oidc/callback", "/healthz", "/metrics", "/hooks/7"]
    ),
    headers=st.lists(st.tuples(st.sampled_from(HEADERS), st.binary(max_size=60)), max_size=5),
    body=st.binary(max_size=200),
)
def test_nothing_that_is_sent_breaks_the_door(
    app: ASGIApp, method: str, path: str, headers: list[tuple[str, bytes]], body: bytes
) -> None:
    answer = raw(app, method, path, [(name.lower().encode(), value) for name, value in headers], body)
    assert answer["status"] in (200, 303, 401, 403, 413, 421)
    assert (answer["status"] == 200) <= (path in ("/login", "/healthz", "/oidc/callback", "/hooks/7"))
    names = [name for name, _ in answer["headers"]]
    assert names.count(b"content-security-policy") == names.count(b"x-content-type-options") == 1


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=250), st.binary(max_size=250).map(lambda b: b.decode("latin-1"))))
def test_no_text_is_a_session_or_a_token(database: Database, sent: str) -> None:
    assert by_session(database, sent, 0) is None and by_token(database, sent, 0) is None
    assert not ids.is_token(sent)


def test_a_token_is_its_owners_within_its_bounds(database: Database) -> None:
    orders = environment(database)
    payments = environment(database, "payments", team="bank")
    shop, bank = Grant(Role.OPERATOR, team=1), Grant(Role.ADMIN, environment=payments)
    owner = user(database, shop, bank)

    def grants(*scopes: str, **bounds: int) -> set[Grant]:
        known = by_token(database, token(database, owner, *scopes, **bounds), 0)
        assert known is not None
        return set(known.caller.grants)

    assert grants("admin") == {shop, bank}
    assert grants("read") == {Grant(Role.VIEWER, team=1), Grant(Role.VIEWER, environment=payments)}
    assert grants("admin", environment=orders) == {Grant(Role.OPERATOR, environment=orders)}
    assert grants("admin", team=2) == {bank} and grants("run", team=1) == {shop}
    assert grants("admin", environment=987) == set() == grants()


def test_a_token_has_a_checksum() -> None:
    made = ids.random_token()
    assert ids.is_token(made) and len(made) == 52 and made.startswith("bt_")
    assert not any(
        ids.is_token(made[:n] + ("A" if made[n] != "A" else "B") + made[n + 1 :]) for n in range(52)
    )


def test_addresses_hold_no_control_characters(client: Client) -> None:
    paths = (
        "/findings?q=%00",
        "/findings/%00",
        "/api/v1/findings?control=a%00",
        "/settings/users%0A",
        "/api/v1/users%0A",
    )
    for path in (*paths, "/settings/users%0D", "/settings/users%E2%80%A8", "/settings/users%C2%85"):
        assert client.get(path).status_code == 400


def test_headers_of_every_answer(client: Client) -> None:
    for answer in (
        client.get("/"),
        client.get("/nothing"),
        Client(client.app).get("/api/v1/x"),
        Client(client.app).get("/"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers and "x-powered-by" not in answer.headers


def test_a_stream_is_not_held_back(database: Database) -> None:
    async def stream(request: Request) -> Response:
        return StreamingResponse(iter([b"a", b"b"]), media_type="text/event-stream")

    inner = Starlette(routes=[Route("/events", stream)])
    client = browser(guarded(inner, Watch(database, Settings(folder=Path("/nowhere")))), database)
    answer: httpx.Response = client.get("/events")
    assert answer.text == "ab"

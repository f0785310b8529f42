"""Every address of the service against every kind of caller. A route that is in no table here fails: say who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from batten.watch.access.middleware import guarded
from batten.watch.access.rules import Door, rule_of
from batten.watch.access.scopes import Scope
from batten.watch.api.document import operations, whole
from batten.watch.model import Grant, Role
from batten.watch.service import application, routes
from batten.watch.settings import Settings, Watch
from batten.watch.store import tables
from batten.watch.store.database import Database
from watch_estate import estate
from watch_sessions import Client, browser, program, raw, session, stranger, user
from watch_stores import environment, sqlite

# Who may: "open" and "log-in" anyone, "own" every user, a scope those who have it somewhere, "… of all" those who have it over everything.
PAGES = {
    "GET /healthz": "open",
    "GET /readyz": "open",
    "GET /static/{name}": "open",
    "POST /hooks/{environment}": "open",
    "GET /login": "log-in",
    "POST /login": "log-in",
    "GET /oidc/login": "log-in",
    "GET /oidc/callback": "log-in",
    "POST /theme": "log-in",
    "POST /logout": "own",
    "GET /settings/password": "own",
    "POST /settings/password": "own",
    "GET /settings/tokens": "own",
    "POST /settings/tokens": "own",
    "POST /settings/tokens/{id}/revoke": "own",
    "GET /metrics": "read of all",
    **dict.fromkeys(
        (
            "GET /", "GET /openapi.json", "GET /map", "GET /environments", "GET /environments/{id}", "GET /findings",
            "GET /findings/{id}", "GET /findings.csv", "GET /findings.json", "GET /findings.sarif", "GET /compare", "GET /trends",
            "GET /waivers", "GET /runs", "GET /runs/{id}", "GET /events", "GET /report", "GET /settings",
        ),
        "read",
    ),
    "POST /environments/{id}/run": "run",
    "POST /environments/{id}/pause": "run",
    "POST /environments/{id}/resume": "run",
    "POST /runs/{id}/cancel": "run",
    "POST /findings/{id}/waive": "waive",
    "POST /waivers/{id}/approve": "waive",
    "POST /waivers/{id}/extend": "waive",
    "POST /waivers/{id}/revoke": "waive",
    **{
        f"{method} /settings/{place}": "admin"
        for place in ("environments", "channels")
        for method in ("GET", "POST")
    },
    **{
        f"{method} /settings/{place}{more}": "admin"
        for place in ("environments", "channels")
        for method, more in (
            ("GET", "/new"), ("POST", "/new"), ("GET", "/{id}"), ("POST", "/{id}"), ("POST", "/{id}/remove"), ("POST", "/{id}/test"), ("POST", "/{id}/hook"),
        )
    },
    "GET /settings/audit": "admin of all",
    "GET /settings/assignments": "admin of all",
    "POST /settings/assignments": "admin of all",
    "POST /settings/assignments/withdraw": "admin of all",
    "GET /settings/users": "admin of all",
    "POST /settings/users": "admin of all",
    **{
        f"POST /settings/users/{{id}}/{act}": "admin of all"
        for act in ("grant", "revoke", "disable", "enable", "reset")
    },
}  # fmt: skip
OF_ALL = ("/api/v1/users", "/api/v1/audit", "/api/v1/assignments")
SCOPED = {operation.name: operation.scope for operation in operations()}


def api() -> Iterator[tuple[str, str]]:
    for operation in operations():
        path = operation.path
        over_all = path.startswith(OF_ALL) or f"{operation.method} {path}" == "POST /api/v1/teams"
        who = "own or admin" if path.startswith("/api/v1/tokens") else operation.scope
        yield f"{operation.method} {path}", who + (" of all" if over_all else "")


TABLE = {**PAGES, **dict(api())}


def served() -> Iterator[str]:
    for route in routes():
        if isinstance(route, Mount):
            assert route.path == "/api/v1"  # what it serves is its document's, which the API's own tests hold
            continue
        assert isinstance(route, Route) and route.methods
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        yield from (f"{method} {path}" for method in route.methods - {"HEAD"})


def test_every_route_says_who_may() -> None:
    assert sorted(set(served()) - TABLE.keys()) == [], (
        "open it in watch/access/rules.py, and add to TABLE who may"
    )


def place(path: str, number: int = 7) -> str:
    return re.sub(r"\{\w+\}", str(number), path)


@pytest.mark.parametrize(("route", "who"), TABLE.items())
def test_the_rules_say_what_the_table_says(route: str, who: str) -> None:
    method, _, path = route.partition(" ")
    rule = rule_of(method, place(path))
    if rule.door is Door.CALLERS:
        assert f"{rule.scope.value}{' of all' if rule.everywhere else ''}" == who
    elif rule.door is Door.OWN and rule.scope is Scope.ADMIN:
        assert who == "own or admin"
    else:
        assert rule.door.value == who
    if method == "GET":
        assert rule_of("HEAD", place(path)) == rule


def test_what_is_new_is_closed() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", ""):
        rule = rule_of(method, "/of/no/rule")
        assert rule.door is Door.CALLERS and rule.scope is Scope.ADMIN and rule.everywhere
    for path in (
        "/of/no/rule",
        "",
        "/login\n",
        "/\nlogin",
        "/LOGIN",
        "/login/",
        "//login",
        "/static",
        "/hooks/7",
        "/healthz/x",
    ):
        assert rule_of("GET", path).door is Door.CALLERS
    assert rule_of("POST", "/healthz").everywhere


# The door alone, with a room behind it that takes everybody.
async def taken(scope: object, receive: object, send: object) -> None:
    await Response("in")(scope, receive, send)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return sqlite(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def door(database: Database) -> ASGIApp:
    return guarded(taken, Watch(database, Settings(folder=Path("/nowhere"))))


@pytest.fixture(scope="module")
def callers(door: ASGIApp, database: Database) -> dict[str, Client]:
    here = environment(database)
    made = {"stranger": stranger(door), "nothing": browser(door, database)}
    for role in Role:
        made[f"{role.label} here"] = browser(door, database, Grant(role, environment=here))
        made[f"{role.label} of all"] = browser(door, database, Grant(role))
    for scope in Scope:
        made[f"token {scope.value}"] = program(door, database, Grant(Role.ADMIN), scopes=(scope.value,))
    made["token of a viewer"] = program(
        door, database, Grant(Role.VIEWER), scopes=tuple(s.value for s in Scope)
    )
    return made


def may(caller: str, who: str) -> bool:
    """Whether the table lets this caller in."""
    if who in ("open", "log-in"):
        return True
    if caller == "stranger":
        return False
    scope, _, over_all = who.partition(" of ")
    if who.startswith("own"):
        return not caller.startswith("token") or (
            who == "own or admin" and caller in ("token admin", "token of a viewer")
        )
    if caller.startswith("token") and caller != "token of a viewer":
        return caller == f"token {scope}"
    if scope == "read" and not over_all:
        return True
    roles = {"read": Role.VIEWER, "admin": Role.ADMIN}
    held = {"nothing": 0, "token of a viewer": Role.VIEWER}.get(caller)
    role = held if held is not None else Role[caller.partition(" ")[0].upper()]
    return role >= roles.get(scope, Role.OPERATOR) and not (over_all and caller.endswith("here"))


@pytest.mark.parametrize("who", sorted(set(TABLE.values())))
def test_each_caller_gets_past_the_doors_that_are_theirs(callers: dict[str, Client], who: str) -> None:
    for route in sorted(route for route, one in TABLE.items() if one == who):
        method, _, path = route.partition(" ")
        for name, client in callers.items():
            headers = {"Origin": "http://127.0.0.1"} if path == "/login" else {}
            answer = client.request(method, place(path), headers=headers)
            expected = {200} if may(name, who) else ({401, 303} if name == "stranger" else {403})
            assert answer.status_code in expected, f"{name}: {route}"


def test_no_spelling_of_a_path_goes_around_its_rule(filled: tuple[ASGIApp, Database]) -> None:
    app, database = filled
    sent, _ = session(database, user(database, Grant(Role.VIEWER, team=1)))
    cookie = [(b"cookie", b"batten=" + sent.encode())]
    ends = (
        "",
        "\n",
        "\r\n",
        "/",
        "//",
        "/.",
        "/..",
        ";a=b",
        " ",
        "?",
        "#",
        "\0",
        "\x85",
        "\u2028",
        "%2F",
        "%0A",
        "\\",
    )
    for path in ("/settings/users", "/settings/audit", "/api/v1/users", "/api/v1/audit", "/metrics"):
        spellings = [f"{path}{end}" for end in ends] + [
            f"/{path}",
            f"/x/..{path}",
            path.upper(),
            f"/.{path}",
            f"\n{path}",
        ]
        for spelt in spellings:
            assert raw(app, "GET", spelt, cookie, b"")["status"] in (400, 403, 404, 307), repr(spelt)
    assert raw(app, "GET", "/settings", cookie, b"")["status"] == 200


def test_the_document_names_a_scope_that_is_there() -> None:
    assert set(SCOPED.values()) <= {scope.value for scope in Scope}
    assert whole()["paths"]


# The real rooms: what is another's answers as what is not there.
@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[ASGIApp, Database]:
    folder = tmp_path_factory.mktemp("filled")
    database = sqlite(folder)
    estate(database, 7)
    return application(Watch(database, Settings(folder=folder))), database


THINGS = sorted(
    r for r in TABLE if "{" in r and "/static/" not in r and "/hooks/" not in r and "/users/" not in r
)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_anothers_is_as_what_is_not_there(filled: tuple[ASGIApp, Database], role: Role) -> None:
    app, database = filled
    theirs = of_team1(database)
    client = browser(app, database, Grant(role, team=2))
    wanted = set(served()) | {f"{o.method} {o.path}" for o in operations()}
    for route in (r for r in THINGS if r in wanted):
        method, _, path = route.partition(" ")
        noun = next((n for n in theirs if f"/{n}/" in path), "")
        if not noun:
            continue
        there = client.request(method, place(path, theirs[noun]))
        nowhere = client.request(method, place(path, 987_654_321))
        assert there.status_code == nowhere.status_code, route
        assert there.status_code in (403, 404, 415, 422, 400), f"{route}: {there.status_code}"
        assert blank(there.text, theirs[noun]) == blank(nowhere.text, 987_654_321), route


def of_team1(database: Database) -> dict[str, int]:
    """A thing of each kind in the first environment of the first team."""
    with database.read() as db:
        found = {"environments": 1}
        for noun, table in {"runs": tables.run, "findings": tables.life, "waivers": tables.waiver}.items():
            first = select(func.min(table.c.id)).where(table.c.environment == 1)
            found[noun] = db.execute(first).scalar_one() or 1
        return found


def blank(text: str, number: int) -> str:
    """An answer without the number that was asked for, and without the guard's number of the refusal."""
    return re.sub(rf"(?<=/){number}\b|(?<=eference: )[0-9a-f]{{16}}", "N", text)


def test_the_same_things_are_there_for_their_own_team(filled: tuple[ASGIApp, Database]) -> None:
    app, database = filled
    client = browser(app, database, Grant(Role.VIEWER, team=1))
    for noun, number in of_team1(database).items():
        for base in ("", "/api/v1"):
            if noun != "waivers":
                assert client.get(f"{base}/{noun}/{number}").status_code == 200, noun

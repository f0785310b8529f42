"""Whatever a user was granted: no page and no answer of the API names an environment that is another's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.routing import Route
from starlette.types import ASGIApp

from batten.watch.api.document import operations
from batten.watch.model import Caller, Environment, Grant, Role
from batten.watch.service import application, routes
from batten.watch.settings import Settings, Watch
from batten.watch.store import environments, tables
from batten.watch.store.database import Database
from watch_estate import estate
from watch_sessions import Client, browser
from watch_stores import sqlite

TEAMS, PER_TEAM = 3, 6
GRANTS = st.lists(
    st.one_of(
        st.builds(Grant, st.sampled_from(Role), team=st.integers(1, TEAMS)),
        st.builds(Grant, st.sampled_from(Role), environment=st.integers(1, TEAMS * PER_TEAM)),
    ),
    max_size=3,
    unique_by=lambda g: (g.team, g.environment),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = sqlite(tmp_path_factory.mktemp("tenancy"))
    estate(made, 3, teams=TEAMS, services=PER_TEAM // 3)
    return made


@pytest.fixture(scope="module")
def app(database: Database) -> ASGIApp:
    return application(Watch(database, Settings(folder=Path("/nowhere"))))


def everything(database: Database) -> dict[str, tuple[int, str]]:
    """Every service and team by its name, with an environment of the one and the team's own id."""
    with database.read() as db:
        of_all = Caller(name="all", grants=(Grant(Role.ADMIN),))
        return {e.service: (e.team, "service") for e in environments.every(db, of_all)} | {
            name: (number, "team")
            for number, name in db.execute(select(tables.team.c.id, tables.team.c.name))
        }


def questions() -> list[str]:
    """Every address without a thing's number that reads."""
    pages = [r.path for r in routes() if isinstance(r, Route) and r.methods and "GET" in r.methods]
    paths = {*pages, *(o.path for o in operations() if o.method == "GET")}
    return sorted(
        p
        for p in paths
        if "{" not in p and not p.startswith(("/events", "/api/v1/events", "/oidc", "/login"))
    )


def seen(database: Database, grants: list[Grant]) -> list[Environment]:
    with database.read() as db:
        return environments.every(db, Caller(name="a", grants=tuple(grants)))


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(GRANTS)
def test_no_list_names_what_is_anothers(app: ASGIApp, database: Database, grants: list[Grant]) -> None:
    client, mine = browser(app, database, *grants), seen(database, grants)
    services = {e.service for e in mine}
    teams = {e.team for e in mine} | {g.team for g in grants}
    known = everything(database)
    hidden = {
        n
        for n, (team, kind) in known.items()
        if (n not in services if kind == "service" else team not in teams)
    }
    pattern = re.compile(rf"\b({'|'.join(sorted(hidden))})\b") if hidden else None
    for path in questions():
        answer = client.get(path)
        assert answer.status_code in (200, 403, 422, 400), f"{path}: {answer.status_code}"
        found = pattern.search(answer.text) if pattern else None
        assert found is None, f"{path} names {found and found[0]}"


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(GRANTS)
def test_an_environment_is_there_for_those_who_see_it(
    app: ASGIApp, database: Database, grants: list[Grant]
) -> None:
    client, mine = browser(app, database, *grants), {e.id for e in seen(database, grants)}
    for number in range(1, TEAMS * PER_TEAM + 1):
        for base in ("/environments", "/api/v1/environments"):
            assert_there(client, f"{base}/{number}", number in mine)


def assert_there(client: Client, path: str, there: bool) -> None:
    assert client.get(path).status_code == (200 if there else 404), path


def test_the_test_would_see_them(app: ASGIApp, database: Database) -> None:
    client = browser(app, database, Grant(Role.ADMIN))
    pattern = re.compile("|".join(everything(database)))
    naming = [path for path in questions() if pattern.search(client.get(path).text)]
    assert {
        "/",
        "/map",
        "/environments",
        "/findings",
        "/waivers",
        "/runs",
        "/api/v1/findings",
        "/api/v1/teams",
    } <= {*naming}

"""Who gets past the door of the service, and what strangers are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from batten.watch.access.middleware import guarded
from batten.watch.model import Grant
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import Database
from watch_sessions import ADMIN, OPERATOR, VIEWER, browser, program, stranger
from watch_stores import sqlite


def said(request: Request) -> Response:
    caller = request.state.caller
    return JSONResponse({"caller": caller.name if caller else "", "path": request.url.path})


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return sqlite(tmp_path)


@pytest.fixture
def app(database: Database, tmp_path: Path) -> ASGIApp:
    methods = ["GET", "POST", "DELETE"]
    inner = Starlette(routes=[Route("/{rest:path}", said, methods=methods)])
    return guarded(inner, Watch(database, Settings(folder=tmp_path)))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/watch.css", "/login"])
def test_open_addresses_answer_strangers(app: ASGIApp, path: str) -> None:
    assert stranger(app).get(path).status_code == 200


def test_strangers_are_sent_to_the_log_in_page_and_back(app: ASGIApp) -> None:
    answer = stranger(app).get("/findings?severity=high&q=a%26b")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/login?next=%2Ffindings%3Fseverity%3Dhigh%26q%3Da%2526b",
    )
    assert stranger(app).get("/").headers["location"] == "/login"
    assert stranger(app).post("/waivers").headers["location"] == "/login"


def test_programs_without_a_token_get_a_problem(app: ASGIApp) -> None:
    for headers in ({}, {"Authorization": "Bearer bt_wrong"}, {"Authorization": "Basic YTpi"}):
        answer = stranger(app).get("/api/v1/runs", headers=headers)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 401


@pytest.mark.parametrize(
    ("path", "grants", "status"),
    [
        ("/api/v1/runs", VIEWER, 403),
        ("/api/v1/runs", OPERATOR, 200),
        ("/api/v1/users", OPERATOR, 403),
        ("/api/v1/users", ADMIN, 200),
        ("/of/no/rule", OPERATOR, 403),
    ],
)
def test_roles_open_what_they_open(
    app: ASGIApp, database: Database, path: str, grants: tuple[Grant, ...], status: int
) -> None:
    assert browser(app, database, *grants).post(path).status_code == status


def test_a_token_does_what_its_scopes_say(app: ASGIApp, database: Database) -> None:
    assert program(app, database, *ADMIN, scopes=("read",)).post("/api/v1/runs").status_code == 403
    assert program(app, database, *ADMIN, scopes=("run",)).post("/api/v1/runs").status_code == 200
    assert program(app, database, *ADMIN, scopes=("run",)).get("/api/v1/runs").status_code == 403


def test_callers_are_known(app: ASGIApp, database: Database) -> None:
    assert browser(app, database, *VIEWER, name="ada").get("/").json()["caller"] == "ada"
    assert program(app, database, *VIEWER).get("/api/v1/runs").json()["caller"].endswith("/ci")
    assert (
        browser(app, database).get("/").status_code == 200
    )  # who was granted nothing sees that there is nothing

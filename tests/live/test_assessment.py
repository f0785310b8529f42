"""Whole assessments of real servers, open and locked: what is open is found, what is locked is silent."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from assessed import assess, run
from fastapi import FastAPI
from live_servers import nginx, raw, valkey

from batten.contract import Contract, load
from batten.facts import (
    CorsObserved,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Fact,
    Listing,
    ObservedAnswer,
    PlainAnswer,
    Store,
    VerbAnswer,
)
from batten.formats import Workspace
from batten.live.runner import Assessment, credentials
from batten.live.scope import scope_of
from batten.policy import Environment
from servers import application, free_port
from waiting import BOUND, come, forever

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses:
        "200": {description: One, content: {application/json: {schema: {type: object, required: [id]}}}}
        "404": {description: None}
        "422": {description: Wrong}
  /v1/items/login:
    post: {responses: {"200": {description: In}, "4XX": {description: Refused}}}
"""


def _contract(folder: Path, text: str = CONTRACT) -> Contract:
    contract, problems = load(Workspace(folder, {"openapi.yaml": text}), "openapi.yaml")
    assert problems == []
    return contract


def _environment(port: int, **more: object) -> Environment:
    return Environment("test", f"http://127.0.0.1:{port}", rate=5000, **more)  # type: ignore[arg-type]


def _of(assessment: Assessment, kind: type[Fact]) -> list[Fact]:
    return [f for f in assessment.facts if isinstance(f, kind)]


OPEN = """
    location / {{ root {root}; autoindex on; }}
    location /v1/items/1 {{ default_type application/json; add_header Access-Control-Allow-Origin $http_origin;
        return 200 '{{"name": "mug", "image": "http://cdn.example.com/mug.png"}}'; }}
    location /v1/admin/export {{ default_type application/json; return 200 '[]'; }}
"""
LOCKED = """
    location = /v1/items/1 {{ default_type application/json; if ($request_method !~ ^(GET|HEAD)$) {{ return 405; }}
        return 200 '{{"id": 1}}'; }}
    location / {{ return 404; }}
"""
EVERYTHING = """
    location / {{ default_type text/html; return 200 '<!doctype html><html><head><title>Shop</title></head><body>
        <div id="root"></div><script src="/app.js"></script></body></html>'; }}
"""


def _served(folder: Path, config: str, contract: Contract | None, **more: object) -> Assessment:
    root = folder / "web"
    (root / "files").mkdir(parents=True)
    (root / ".bash_history").write_text(
        "cd /srv\ncurl -s https://x/v1/admin/export > /tmp/a\ncurl -X POST https://x/v1/post\n"
    )
    (root / ".env").write_text("SECRET_KEY=abc\n")
    (root / "files" / "a.txt").write_text("a")
    port = free_port()
    with nginx(folder, port, f"server {{ listen 127.0.0.1:{port}; {config.format(root=root)} }}"):
        return run(_environment(port, **more), contract)


def test_an_open_server_shows_it(tmp_path: Path) -> None:
    assessment = _served(tmp_path, OPEN, _contract(tmp_path))
    files = {f.path for f in _of(assessment, ExposedFile) if isinstance(f, ExposedFile)}
    assert files == {"/.bash_history", "/.env"}
    endpoints = {(f.path, f.kind) for f in _of(assessment, Endpoint) if isinstance(f, Endpoint)}
    assert ("/v1/admin/export", "undocumented") in endpoints
    assert any(isinstance(f, Listing) and f.path == "/files/" for f in assessment.facts)
    assert any(isinstance(f, CorsObserved) and f.trick == "foreign" and f.welcomed for f in assessment.facts)
    seen = next(f for f in assessment.facts if isinstance(f, ObservedAnswer) and f.status == 200)
    assert "id" in seen.mismatch
    assert seen.links == ("http://cdn.example.com/mug.png",)
    assert "SECRET_KEY=abc" not in repr(assessment.facts)
    assert any(isinstance(f, PlainAnswer) and f.content for f in assessment.facts)


def test_a_locked_server_is_silent(tmp_path: Path) -> None:
    assessment = _served(tmp_path, LOCKED, _contract(tmp_path), active=True)
    assert _of(assessment, ExposedFile) == _of(assessment, Endpoint) == _of(assessment, Listing) == []
    assert [f for f in assessment.facts if isinstance(f, CorsObserved) and f.allowed_origin] == []
    assert [f for f in assessment.facts if isinstance(f, ErrorBody) and f.leaks] == []
    handled = [f for f in assessment.facts if isinstance(f, VerbAnswer) and f.handled and not f.specified]
    assert [f.method for f in handled] == ["HEAD"]
    assert {f.mismatch for f in assessment.facts if isinstance(f, ObservedAnswer)} == {""}
    assert assessment.not_assessed == []


def test_a_server_that_answers_200_to_everything_exposes_nothing(tmp_path: Path) -> None:
    assessment = _served(tmp_path, EVERYTHING, _contract(tmp_path), active=True)
    assert _of(assessment, ExposedFile) == _of(assessment, Endpoint) == _of(assessment, Listing) == []
    verbs = [f for f in assessment.facts if isinstance(f, VerbAnswer) and f.handled and not f.specified]
    assert {f.method for f in verbs if isinstance(f, VerbAnswer) and f.status != 200} == set()


def _shop(debug: bool, asked: list[str]) -> FastAPI:
    app = FastAPI(
        debug=debug,
        docs_url="/docs" if debug else None,
        redoc_url=None,
        openapi_url="/openapi.json" if debug else None,
    )

    @app.middleware("http")
    async def remember(request, call_next):  # type: ignore[no-untyped-def]
        asked.append(request.method)
        return await call_next(request)

    @app.get("/v1/items/{id}")
    def item(id: int) -> dict[str, int]:
        return {"id": id, "share": 1 // (id + 1)}

    @app.post("/v1/items/login")
    def login() -> dict[str, str]:
        return {}

    if debug:

        @app.delete("/v1/items/{id}")
        def delete(id: int) -> dict[str, int]:
            return {}

        @app.get("/v1/reports/all")
        def reports() -> list[int]:
            return [1]

    return app


def test_a_debug_application_shows_it_and_is_only_read(tmp_path: Path) -> None:
    asked: list[str] = []
    with application(_shop(True, asked)) as port:
        assessment = run(_environment(port), _contract(tmp_path))
    assert set(asked) <= {"GET", "HEAD", "OPTIONS", "TRACE", "BATTEN", "PROPFIND"}
    assert [f.leaks for f in assessment.facts if isinstance(f, ErrorBody) and f.leaks]
    endpoints = {(f.path, f.kind) for f in assessment.facts if isinstance(f, Endpoint)}
    assert {("/docs", "docs"), ("/openapi.json", "docs"), ("/v1/reports/all", "undocumented")} <= endpoints


def test_an_active_assessment_finds_the_verb_that_nobody_specified_and_no_overlap(tmp_path: Path) -> None:
    with application(_shop(True, [])) as port:
        assessment = run(_environment(port, active=True), _contract(tmp_path))
    handled = {(f.method, f.template) for f in assessment.facts if isinstance(f, VerbAnswer) and f.handled}
    assert ("DELETE", "/v1/items/{id}") in handled
    assert ("GET", "/v1/items/login") not in handled


def test_a_quiet_application_is_silent(tmp_path: Path) -> None:
    with application(_shop(False, [])) as port:
        assessment = run(_environment(port, active=True), _contract(tmp_path))
    assert _of(assessment, Endpoint) == []
    assert [f for f in assessment.facts if isinstance(f, ErrorBody) and f.leaks] == []
    assert [f for f in assessment.facts if isinstance(f, VerbAnswer) and f.handled and not f.specified] == []


def _store(folder: Path, *options: str) -> Assessment:
    port = free_port()
    with valkey(folder, port, *options):
        environment = Environment(
            "test", "http://127.0.0.1:1", stores=(f"redis://127.0.0.1:{port}",), rate=5000, budget=600
        )
        return run(environment)


def test_an_open_store_answers(tmp_path: Path) -> None:
    (store,) = (f for f in _store(tmp_path).facts if isinstance(f, Store))
    assert (store.product, store.answers, store.authentication.value) == ("valkey", True, False)
    assert re.match(r"\d+\.\d+", store.version)


def test_a_store_with_a_password_does_not(tmp_path: Path) -> None:
    (store,) = (f for f in _store(tmp_path, "--requirepass", "long-enough").facts if isinstance(f, Store))
    assert (store.answers, store.authentication.value, store.version) == (False, True, "")


def test_an_environment_that_is_away_is_not_assessed_and_said_in_few_words(tmp_path: Path) -> None:
    assessment = run(_environment(free_port()), _contract(tmp_path))
    assert assessment.facts == []
    assert 1 <= len(assessment.not_assessed) <= 3
    assert all("not assessed" in p.message for p in assessment.not_assessed)


def test_the_budget_holds(tmp_path: Path) -> None:
    assessment = _served(tmp_path, LOCKED, None, budget=20)
    assert assessment.exchanges == 20
    assert any("budget of 20" in p.message for p in assessment.not_assessed)


def test_the_rate_holds(tmp_path: Path) -> None:
    port = free_port()
    with nginx(tmp_path, port, f"server {{ listen 127.0.0.1:{port}; return 404; }}"):
        started = time.monotonic()
        run(Environment("test", f"http://127.0.0.1:{port}", rate=50, budget=30))
    assert time.monotonic() - started >= 29 / 50


def test_a_cancelled_assessment_returns_what_it_knows_at_once() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.append(1)
        await forever()

    async def cancelled() -> Assessment:
        async with raw(slow) as port:
            task = asyncio.ensure_future(assess(_environment(port, timeout=10 * BOUND)))
            await come(lambda: asked, "a request")
            task.cancel()
            return await asyncio.wait_for(task, BOUND)

    asked: list[int] = []
    assessment = asyncio.run(cancelled())
    assert not assessment.complete
    assert any("interrupted" in p.message for p in assessment.not_assessed)


def test_only_what_the_environment_names_is_in_scope() -> None:
    environment = Environment(
        "x", "https://a.example.com/api", "http://a.example.com:8080", stores=("redis://s",)
    )
    assert scope_of(environment) == {("a.example.com", 443), ("a.example.com", 8080), ("s", 6379)}


def test_variables_are_filled_in_and_missing_ones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "t0ken")
    monkeypatch.delenv("B_TOKEN", raising=False)
    headers = {"Authorization": "Bearer ${A_TOKEN}", "X-Api-Key": "${B_TOKEN}"}
    sent, secrets, missing = credentials(Environment("x", "https://a", headers=headers))
    assert sent == (("Authorization", "Bearer t0ken"),)
    assert "t0ken" in secrets
    assert missing == ["B_TOKEN"]

"""`batten check --push`: what is sent where, what is never sent, and what the run exits with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from batten.cli import main, push
from servers import application, free_port

TOKEN = "bt_0123456789abcdefghij"
CLEAN = "services:\n  api:\n    image: x\n"


@contextmanager
def service(*answers: Response) -> Iterator[tuple[str, list[tuple[Request, bytes]]]]:
    """The address of an environment's page, and what was sent; each answer is given once, the last one again and again."""
    taken: list[tuple[Request, bytes]] = []

    async def took(request: Request) -> Response:
        taken.append((request, await request.body()))
        return answers[min(len(taken), len(answers)) - 1]

    app = Starlette(routes=[Route("/base/{rest:path}", took, methods=["GET", "POST"])])
    with application(app) as port:
        yield f"http://127.0.0.1:{port}/base/environments/12", taken


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BATTEN_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
    monkeypatch.setattr(push, "WAITS", (0.0, 0.0))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nginx.conf").write_text(
        "events {}\nhttp { server { listen 443 ssl; ssl_protocols TLSv1; } }\n"
    )


def check(url: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["check", "--no-history", "--format", "json", "--push", url, *words])


def test_the_report_is_sent_as_it_is_printed() -> None:
    with service(JSONResponse({"id": 1}, 201)) as (url, taken):
        done = check(url)
    ((request, body),) = taken
    assert (request.method, request.url.path) == ("POST", "/base/api/v1/environments/12/reports")
    assert request.url.query == "commit=0123456789abcdef0123456789abcdef01234567"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(body) == json.loads(done.stdout) and b"\n" not in body
    assert done.exit_code == 1 and TOKEN not in done.output


def test_what_may_pass_is_tried_again_under_the_same_key() -> None:
    busy = JSONResponse({"title": "Conflict"}, 409)
    with service(busy, Response(status_code=503), JSONResponse({}, 200)) as (url, taken):
        assert check(url, "--gate", "critical").exit_code == 0
    keys = {request.headers["idempotency-key"] for request, _ in taken}
    assert len(taken) == 3 and len(keys) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            JSONResponse({"title": "Unauthorized"}, 401),
            "HTTP 401; Unauthorized; check the token in BATTEN_TOKEN",
        ),
        (
            JSONResponse({"detail": "no such environment"}, 404),
            "HTTP 404; no such environment; check the address",
        ),
        (Response(b"<html>" * 100_000, 413), "HTTP 413"),
        (
            RedirectResponse("http://127.0.0.1:1/"),
            "it redirects (HTTP 307), and a token is not sent elsewhere",
        ),
        (JSONResponse({"detail": f"who sent {TOKEN}?\x1b[2J"}, 422), "HTTP 422; who sent •••?\\x1b[2J"),
    ],
)
def test_what_is_refused_is_told_and_makes_a_clean_run_incomplete(answer: Response, said: str) -> None:
    with service(answer) as (url, taken):
        clean, dirty = check(url, "--gate", "critical"), check(url)
    assert (clean.exit_code, dirty.exit_code, len(taken)) == (3, 1, 2)
    assert said in clean.stderr and TOKEN not in clean.output


def test_a_service_that_is_not_there_is_told() -> None:
    done = check(f"http://127.0.0.1:{free_port()}/environments/1", "--gate", "critical")
    assert done.exit_code == 3 and "the connection failed: [Errno 111] Connection refused" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://watch.example.com/environments/1",
        "https://watch.example.com/",
        "https://watch.example.com/environments/x",
        "https://u:p@watch.example.com/environments/1",
        "ftp://127.0.0.1/environments/1",
        "http://127.0.0.1.example.com/environments/1",
        "http://127.0.0.1:x/environments/1",
        "https:///environments/1",
        "https://a b/environments/1",
    ],
)
def test_a_token_goes_only_over_https_or_to_this_machine(url: str) -> None:
    done = check(url)
    assert done.exit_code == 2 and "is not the https address of an environment" in done.stderr


@pytest.mark.parametrize("token", ["", "short", "with\nline-feed-in-it", "ünïcödé-token"])
def test_a_token_is_needed(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("BATTEN_TOKEN", token)
    done = check("https://watch.example.com/environments/1")
    assert done.exit_code == 2 and "--push needs a token in BATTEN_TOKEN" in done.stderr

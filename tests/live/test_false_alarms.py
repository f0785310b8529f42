"""Servers that answer oddly and give nothing away: assessed with the shop's contract and without it, nothing is said."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from assessed import assess, run
from live_servers import nginx, raw
from shops import STACKS

from batten.contract import load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.policy import Environment, Policy
from proofs import PROOF
from servers import free_port

STRICT = (
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nPermissions-Policy: geolocation=()\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
)
HTML, JSON, TEXT = "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8"
PAGE = "<!doctype html><html><head><title>Shop</title></head><body><div id=root></div>{}</body></html>"

Said = tuple[str, str, str]  # status and more headers, media type, body
Behaviour = Callable[[str, str, int], Said]  # verb, path, how many requests before


@dataclass
class Odd:
    behaviour: Behaviour
    asked: list[str] = field(default_factory=list)
    count: itertools.count[int] = field(default_factory=itertools.count)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            verb, path, *_ = head.split(" ")
            length = next(
                (line[16:] for line in head.split("\r\n") if line.lower().startswith("content-length: ")), "0"
            )
            await reader.readexactly(int(length))
            self.asked.append(f"{verb} {path}")
            status, media, body = self.behaviour(verb, path, next(self.count))
            content = body.encode()
            answer = f"HTTP/1.1 {status}\r\n{STRICT}Content-Type: {media}\r\nContent-Length: {len(content)}\r\n\r\n"
            writer.write(answer.encode("latin-1") + (b"" if verb == "HEAD" else content))
            await writer.drain()


def page_for_all(verb: str, path: str, number: int) -> Said:
    return "200 OK", HTML, PAGE.format("")


def json_for_all(verb: str, path: str, number: int) -> Said:
    return "200 OK", JSON, '{"shop": "open"}'


def json_error_as_success(verb: str, path: str, number: int) -> Said:
    return "200 OK", JSON, json.dumps({"error": "not found", "path": path})


def to_the_login(verb: str, path: str, number: int) -> Said:
    if path.startswith("/login"):
        return "200 OK", HTML, PAGE.format("<form><input type=password name=password></form>")
    return "302 Found\r\nLocation: /login?next=" + path.partition("?")[0][:50], TEXT, ""


def forbidden(verb: str, path: str, number: int) -> Said:
    return "403 Forbidden", JSON, '{"title": "Forbidden", "status": 403}'


def challenge(verb: str, path: str, number: int) -> Said:
    return (
        '401 Unauthorized\r\nWWW-Authenticate: Bearer realm="shop"',
        JSON,
        '{"title": "Unauthorized", "status": 401}',
    )


def random_page(verb: str, path: str, number: int) -> Said:
    return "200 OK", HTML, PAGE.format("".join(f"<p>{secrets.token_hex(20)}</p>" for _ in range(30)))


def random_json(verb: str, path: str, number: int) -> Said:
    return "200 OK", JSON, json.dumps({"request": secrets.token_hex(16), "quote": secrets.token_urlsafe(80)})


def echo(verb: str, path: str, number: int) -> Said:
    return "404 Not Found", HTML, PAGE.format(f"<p>{verb} {path[:300].replace('<', '')} was not found</p>")


def echo_as_success(verb: str, path: str, number: int) -> Said:
    return "200 OK", HTML, PAGE.format(f"<p>You asked for {path[:300].replace('<', '')}</p>")


def maintenance(verb: str, path: str, number: int) -> Said:
    return "503 Service Unavailable\r\nRetry-After: 3600", HTML, PAGE.format("<p>Back soon.</p>")


ODD = [
    *(
        page_for_all,
        json_for_all,
        json_error_as_success,
        to_the_login,
        forbidden,
        challenge,
        random_page,
        random_json,
    ),
    *(echo, echo_as_success, maintenance),
]
# Each takes a whole assessment; the slow proofs make all of them.
QUICK = [json_error_as_success, to_the_login, challenge, random_json, echo_as_success]
CASES = [
    *((b, True) for b in (ODD if PROOF else QUICK)),
    *((b, False) for b in (ODD if PROOF else [to_the_login])),
]
NOT_OF_THE_CONTRACT = (
    "responses-match-schema",
    "tls-required",
)  # they do differ from it, and none speaks TLS


def assessed(behaviour: Behaviour, contract: bool, **more: object) -> tuple[Assessment, list[str]]:
    odd = Odd(behaviour)

    async def everything() -> Assessment:
        async with raw(odd) as port:
            environment = Environment("x", f"http://127.0.0.1:{port}", rate=5000, **more)  # type: ignore[arg-type]
            known = load(Workspace(STACKS), "shop.yaml")[0] if contract else None
            return await assess(environment, known)

    return asyncio.run(everything()), odd.asked


def findings(assessment: Assessment, folder: Path) -> set[str]:
    seen = [Observed(fact.at, "x", fact) for fact in assessment.facts]
    found = live_findings(seen, Review(Workspace(folder), Policy()))
    return {f"{f.control}: {f.message}" for f in found}


@pytest.mark.parametrize(("behaviour", "contract"), CASES, ids=lambda c: getattr(c, "__name__", str(c)))
def test_who_gives_nothing_away_is_not_accused(behaviour: Behaviour, contract: bool, tmp_path: Path) -> None:
    assessment, _ = assessed(behaviour, contract, active=contract)
    found = findings(assessment, tmp_path)
    assert {f for f in found if not f.startswith(NOT_OF_THE_CONTRACT)} == set()


def test_who_refuses_after_some_requests_is_not_accused_and_not_passed(tmp_path: Path) -> None:
    def limited(verb: str, path: str, number: int) -> Said:
        if number > 30:
            return "429 Too Many Requests\r\nRetry-After: 0", JSON, '{"title": "Slow down", "status": 429}'
        return "404 Not Found", JSON, '{"title": "Not Found", "status": 404}'

    assessment, asked = assessed(limited, False, budget=120)
    assert {f for f in findings(assessment, tmp_path) if not f.startswith("tls-required")} == set()
    assert any("lower `rate`" in p.message or "budget" in p.message for p in assessment.not_assessed)
    assert len(asked) <= 120


def test_who_hangs_up_on_a_forged_name_has_answered(tmp_path: Path) -> None:
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port} default_server; return 444; }}
        server {{ listen 127.0.0.1:{port}; server_name 127.0.0.1; return 404; }}"""
    with nginx(tmp_path, port, server):
        assessment = run(Environment("x", f"http://127.0.0.1:{port}", rate=5000, budget=3000))
    assert assessment.not_assessed == []
    assert not [f for f in findings(assessment, tmp_path) if f.startswith("host-")]


def test_allow_is_not_believed(tmp_path: Path) -> None:
    """It names verbs that are refused, and leaves out one that is answered."""

    def liar(verb: str, path: str, number: int) -> Said:
        if path != "/v1/books":
            return "404 Not Found", JSON, '{"title": "Not Found", "status": 404}'
        if verb in ("GET", "HEAD"):
            return "200 OK", JSON, "[]"
        if verb == "PATCH":
            return "200 OK", JSON, '{"patched": true}'
        return (
            "405 Method Not Allowed\r\nAllow: GET, PUT, POST, DELETE, TRACE, OPTIONS",
            JSON,
            '{"status": 405}',
        )

    assessment, _ = assessed(liar, True, active=True)
    found = {f for f in findings(assessment, tmp_path) if f.startswith(("verbs-", "trace-"))}
    assert found == {
        "verbs-as-specified: `HEAD /v1/books` is answered, but the contract does not define it",
        "verbs-as-specified: `PATCH /v1/books` is answered, but the contract does not define it",
    }


def test_a_name_that_a_template_takes_is_no_endpoint_when_things_have_such_names(tmp_path: Path) -> None:
    def named(verb: str, path: str, number: int) -> Said:
        if path.startswith("/v1/books/") and verb == "GET":
            return "200 OK", JSON, json.dumps({"title": path[10:40], "price": 1})
        return "404 Not Found", JSON, '{"title": "Not Found", "status": 404}'

    assessment, _ = assessed(named, True)
    assert not [f for f in findings(assessment, tmp_path) if f.startswith(("endpoints-", "operations-"))]

"""What answers of every kind must carry, shown by real servers that carry it with some and not with others."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

import pytest
from assessed import run
from live_servers import authority, certificate, nginx, write_anchor, write_pem
from shops import shop

from batten.contract import load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.model import Finding
from batten.policy import Environment, Policy
from servers import free_port

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{token: []}]
paths:
  /v1/things: {get: {responses: {"200": {description: All}, "4XX": {description: Refused}}}}
  /v1/old: {get: {responses: {"301": {description: Moved}, "4XX": {description: Refused}}}}
  /v1/broken: {get: {responses: {"5XX": {description: Broken}, "4XX": {description: Refused}}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
BUDGET = 300  # the files and consoles of the catalogue come last, and have tests of their own
FAMILY = {
    "nosniff-sent": "add_header X-Content-Type-Options nosniff",
    "framing-denied": "add_header X-Frame-Options DENY",
    "csp-sent": "add_header Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\"",
    "referrer-policy-sent": "add_header Referrer-Policy no-referrer",
    "cross-origin-isolation-sent": "add_header Cross-Origin-Resource-Policy same-origin",
    "permissions-policy-sent": 'add_header Permissions-Policy "geolocation=()"',
    "hsts-sent": 'add_header Strict-Transport-Security "max-age=63072000"',
}
WITH = {  # status class -> where it is answered so
    "2xx": "location = /v1/things { default_type application/json; %s return 200 '[]'; }",
    "3xx": "location = /v1/old { %s return 301 https://localhost/v1/things; }",
    "4xx": 'location / { default_type application/json; %s return 404 \'{"title": "Not Found"}\'; }',
    "5xx": 'location = /v1/broken { default_type application/json; %s return 500 \'{"title": "Broken"}\'; }',
}


def findings(assessment: Assessment, folder: Path) -> list[Finding]:
    seen = [Observed(fact.at, "x", fact) for fact in assessment.facts]
    return live_findings(seen, Review(Workspace(folder), Policy()))


def over_tls(folder: Path, locations: str, more: str = "", **options: object) -> list[Finding]:
    """A server with TLS, and a plain port that `more` speaks for."""
    anchor = authority()
    chain, key = write_pem(folder, certificate(anchor))
    port = free_port()
    server = f"""server_tokens off; charset utf-8;
        server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {chain}; ssl_certificate_key {key}; {headers()}
            error_page 400 /400; location = /400 {{ internal; {headers()} return 400 '{{}}'; }}
            {locations} }} {more}"""
    contract = load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]
    with nginx(folder, port, server):
        environment = Environment(
            "x",
            f"https://localhost:{port}",
            ca=str(write_anchor(folder, anchor)),
            rate=5000,
            budget=BUDGET,
            **options,  # type: ignore[arg-type]
        )
        return findings(run(environment, contract), folder)


def headers(but: str = "") -> str:
    return " ".join(f"{line} always;" for slug, line in FAMILY.items() if slug != but)


def locations(bare: str = "") -> str:
    """Every header with every class of answers, but none with one of them."""
    return " ".join(
        text % ("add_header X-Bare 1;" if kind == bare else headers()) for kind, text in WITH.items()
    )


@pytest.mark.parametrize("bare", ["", *WITH])
def test_every_header_is_held_against_every_class_of_answers(bare: str, tmp_path: Path) -> None:
    found = {f.control: f for f in over_tls(tmp_path, locations(bare)) if f.control in FAMILY}
    if not bare:
        assert found == {}
        return
    assert found.keys() >= FAMILY.keys() - {"permissions-policy-sent", "cross-origin-isolation-sent"}
    shown = found["hsts-sent"].at.exchange
    assert shown is not None
    assert shown.response.startswith(f"HTTP/1.1 {bare[0]}")


def test_what_nginx_adds_without_always_is_missing_from_errors(tmp_path: Path) -> None:
    without = " ".join(text % headers().replace(" always;", ";") for text in WITH.values())
    found = [f for f in over_tls(tmp_path, without) if f.control == "hsts-sent"]
    assert len(found) == 1
    assert found[0].at.exchange is not None
    assert found[0].at.exchange.response[9] in "45"


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        ("return 301 https://localhost$request_uri;", ""),
        ("default_type application/json; return 200 '[]';", "tls-required"),
        (
            "return 302 http://localhost:1/elsewhere;",
            "",
        ),  # nothing of the API's, and nowhere that is in scope
        ("return 404;", ""),
    ],
)
def test_the_plain_address_beside_tls_only_redirects(answer: str, slug: str, tmp_path: Path) -> None:
    port = free_port()
    more = f"server {{ listen 127.0.0.1:{port}; location / {{ {headers()} {answer} }} }}"
    found = {f.control for f in over_tls(tmp_path, locations(), more, plain=f"http://127.0.0.1:{port}")}
    assert ("tls-required" in found) is bool(slug)


@pytest.mark.parametrize(
    ("cache", "found"),
    [
        ("", True),
        ("public, max-age=60", True),
        ("no-store", False),
        ("private, max-age=60", False),
    ],
)
def test_answers_to_authenticated_requests(
    cache: str, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_TOKEN", "t0ken-value")
    line = f'add_header Cache-Control "{cache}" always;' if cache else ""
    guarded = f"""location = /v1/things {{ default_type application/json; {headers()} {line}
        if ($http_authorization = "") {{ return 401 '{{}}'; }} return 200 '[]'; }}"""
    others = " ".join(WITH[kind] % headers() for kind in ("3xx", "4xx", "5xx"))
    judged = over_tls(tmp_path, f"{guarded} {others}", headers={"Authorization": "Bearer ${A_TOKEN}"})
    assert any(f.control == "cache-control-sensitive" for f in judged) is found
    assert not any(f.control == "operations-authenticated" for f in judged)


@pytest.mark.parametrize(
    ("cookie", "lacks"),
    [
        ("session=a1b2c3d4; Secure; HttpOnly; SameSite=Lax", ""),
        ("session=a1b2c3d4; SameSite=Strict", "Secure, HttpOnly"),
        ("session=a1b2c3d4; Secure; HttpOnly", "SameSite"),
    ],
)
def test_cookies(cookie: str, lacks: str, tmp_path: Path) -> None:
    sent = f'{headers()} add_header Set-Cookie "{cookie}" always;'
    judged = over_tls(tmp_path, " ".join(text % sent for text in WITH.values()))
    found = [f.message for f in judged if f.control == "cookie-flags"]
    assert found == ([f"the cookie `session` lacks {lacks}"] if lacks else [])


@pytest.mark.parametrize("mode", ["open", "quiet"])
def test_a_graphql_endpoint_is_shown_and_nothing_is_changed(mode: str, tmp_path: Path) -> None:
    with shop("graphql", mode, tmp_path) as port:
        url = f"http://127.0.0.1:{port}"
        found = {
            f"{f.control}: {f.message}" for f in findings(run(Environment("x", url, rate=5000)), tmp_path)
        }
        with urlopen(f"{url}/changed") as answer:
            assert json.load(answer) == {"changed": 0}
    wanted = {
        "console-not-exposed: `/graphql` serves GraphQL introspection without authentication",
        "console-not-exposed: `/graphql` serves GraphQL that suggests field names without authentication",
        "http-limits-set: `/graphql` executes many GraphQL queries in one request",
        "verbs-as-specified: `GET /graphql` executes GraphQL mutations",
    }
    assert wanted <= found if mode == "open" else not {f for f in found if "raphQL" in f or "error-free" in f}

"""One shop in many stacks: what is open in it is found, and the quiet one is not accused of anything.

The slow proofs run the stacks that take long, and every shop without its contract too."""

from __future__ import annotations

from pathlib import Path

import pytest
from assessed import run
from shops import STACKS, TOKEN, shop

from batten.contract import load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.model import Finding, Severity
from batten.policy import Environment, Policy
from proofs import PROOF

QUICK = ("connexion", "flask", "fastapi", "express", "php")
SLOW = ("django", "ruby", "java", "tomcat")
NAMES = (*QUICK, *SLOW) if PROOF else QUICK
QUIET = NAMES if PROOF else QUICK[:3]
HEADERS = {"csp-sent", "framing-denied", "nosniff-sent", "referrer-policy-sent"}
UNGUARDED = {
    f"operations-authenticated: `{operation}` answers {status} without the credentials"
    for operation, status in (("GET /v1/users", 200), ("GET /v1/orders", 200), ("GET /v1/orders/{id}", 200))
}
PASSWORDS = "error-free-of-traces: `GET /v1/users` is answered with the password of an account"

OPEN: dict[str, set[str]] = {
    "connexion": UNGUARDED
    | {
        PASSWORDS,
        "cors-credentials-narrow: the foreign origin `https://stranger.invalid`",
        "cors-credentials-narrow: the foreign origin `null`",
        "error-free-of-traces: `GET /v1/books/{title}` is answered with a SQL error of SQLite and the message of a Python exception",
        "endpoints-documented: `GET /v1/users/_debug",
        "console-not-exposed: `/v1/ui/` serves interactive API documentation without authentication",
        "console-not-exposed: `/v1/openapi.json` serves API schema without authentication",
        "responses-match-schema: `GET /v1/users` answers 200",
        "operations-authenticated: `POST /v1/orders` answers 201",
    },
    "flask": UNGUARDED
    | {
        PASSWORDS,
        "debug-off: `GET /v1/books/{title}` is answered with the Werkzeug debugger, whose console runs Python code",
        "console-not-exposed: `/console` serves Werkzeug console, which runs code, without authentication",
        "banner-hidden: Server discloses the version of Werkzeug",
        "content-type-declared: JSON is sent as `text/html`",
        "cookie-flags: the cookie `session` lacks Secure, HttpOnly, SameSite",
        "cors-credentials-narrow: the foreign origin `https://stranger.invalid`",
        "cors-policy-defined: the response depends on `Origin`, but `Vary",
        "cache-control-sensitive: `Cache-Control: public, max-age=600` lets shared caches",
        "method-override-ignored: `X-HTTP-Method-Override`",
        "host-header-checked: a redirect goes to the host that the request names",
        "endpoints-documented: `GET /admin",
        "verbs-as-specified: `PATCH /v1/books",
        "operations-authenticated: `POST /v1/orders` answers 201",
    },
    "fastapi": UNGUARDED
    | {
        PASSWORDS,
        "console-not-exposed: `/metrics` serves Prometheus metrics without authentication",
        "console-not-exposed: `/docs` serves interactive API documentation without authentication",
        "console-not-exposed: `/openapi.json` serves API schema without authentication",
        "cors-credentials-narrow: the foreign origin `https://stranger.invalid`",
        "credentials-not-in-url: a response links to a URL that contains `access_token`",
        "endpoints-documented: `GET /v1/internal",
        "endpoints-documented: `GET /v1/users/debug",
        "error-free-of-traces: `GET /v1/books/{title}` is answered with a SQL error of SQLite and the message of a Python exception",
        "error-free-of-traces: `GET /v1/users/{name}` is answered with the password of an account",
        "responses-match-schema: `GET /v1/users/{name}` answers 200",
        "responses-match-schema: `POST /v1/orders` answers 201",
        "host-header-checked: a redirect goes to the host that the request names",
    },
    "express": UNGUARDED
    | {
        PASSWORDS,
        "error-free-of-traces: `GET /v1/books/{title}` is answered with an Express stack trace and a SQL error of SQLite",
        "cookie-flags: the cookie `connect.sid`",
        "cors-origin-not-reflected: the foreign origin `https://stranger.invalid`",
        "cors-methods-narrow: preflight responses allow PATCH, DELETE",
        "listing-off: directory listing is on below `/files/`",
        "console-not-exposed: `/debug/env` serves environment variables without authentication",
        "console-not-exposed: `/api-docs/` serves interactive API documentation without authentication",
    },
    "php": UNGUARDED
    | {
        PASSWORDS,
        "error-free-of-traces: `GET /v1/books/{title}` is answered with a fatal error of PHP",
        "content-type-declared: JSON is sent as `text/html`",
        "cookie-flags: the cookie `PHPSESSID`",
        "banner-hidden: X-Powered-By discloses the version of PHP",
        "console-not-exposed: `/info.php` serves phpinfo() without authentication",
        "file-not-served: `/.env` is served (environment file)",
        "file-not-served: `/.git/HEAD` is served",
        "file-not-served: `/config.php.bak` is served",
        "file-not-served: `/backup.sql` is served",
    },
    "django": UNGUARDED
    | {
        PASSWORDS,
        "debug-off: `GET /v1/books/{title}` is answered with a Django debug page",
        "host-header-checked: any Host header is accepted: Host: batten.stranger.invalid is reflected in a link",
        "endpoints-documented: `GET /v1/export",
        "verbs-as-specified: `BATTEN /v1/books",
    },
    "ruby": UNGUARDED
    | {
        PASSWORDS,
        "debug-off: `GET /v1/orders/{id}` is answered with a Sinatra debug page",
        "banner-hidden: Server discloses the version of WEBrick",
        "cookie-flags: the cookie `rack.session`",
        "console-not-exposed: `/sidekiq` serves Sidekiq without authentication",
    },
    "java": UNGUARDED
    | {
        PASSWORDS,
        "error-free-of-traces: `GET /v1/orders/{id}` is answered with a Java stack trace",
        "trace-disabled: TRACE requests are answered with status 200",
        "banner-hidden: Server discloses the version of ShopServer",
        "verbs-as-specified: `DELETE /v1/orders/{id}",
    },
    "tomcat": {
        "error-free-of-traces: `GET /v1/orders/{id}` is answered with a Java stack trace",
        "banner-hidden: the error page discloses the version of Apache Tomcat",
    },
}
# What these servers do before the shop is asked, and nothing in the shop can change: pages of their own for a request
# that is none, a version in their name, 500 for JSON that is nested two thousand deep.
OWN: dict[str, set[str]] = {
    "connexion": {"responses-match-schema"},
    "django": {"banner-hidden"},
    "ruby": HEADERS,
    "java": HEADERS | {"content-type-declared"},
    "tomcat": HEADERS | {"responses-match-schema"},  # a shop with one path only
}


def assessed(name: str, mode: str, folder: Path, contract: bool = True, token: bool = True) -> list[Finding]:
    known = load(Workspace(STACKS), "shop.yaml")[0] if contract else None
    headers = {"Authorization": "Bearer ${SHOP_TOKEN}"} if token else {}
    with shop(name, mode, folder) as port:
        environment = Environment(
            "shop", f"http://127.0.0.1:{port}", headers=headers, active=contract, rate=5000, budget=3000
        )
        assessment = run(environment, known)
    assert assessment.not_assessed == []
    seen = [Observed(fact.at, "shop", fact) for fact in assessment.facts]
    return live_findings(seen, Review(Workspace(folder), Policy()))


def said(findings: list[Finding], least: Severity = Severity.LOW) -> set[str]:
    return {
        f"{f.control}: {f.message}" for f in findings if f.severity >= least and f.control != "tls-required"
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_is_open_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    findings = assessed(name, "open", tmp_path)
    missed = {
        wanted
        for wanted in OPEN[name]
        if not any(m.startswith(wanted) for m in said(findings, Severity.INFO))
    }
    assert missed == set()
    assert {f.control for f in findings} >= HEADERS
    shown = "\n".join(
        f.at.exchange.request + f.at.exchange.response for f in findings if f.at.exchange is not None
    )
    for secret in (TOKEN, "tulip-1983", "s3cretive!", "5f4dcc3b5aa765d61d8327deb882cf99"):
        assert secret not in shown


@pytest.mark.parametrize("name", QUIET)
def test_the_quiet_shop_is_not_accused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    found = said(assessed(name, "quiet", tmp_path))
    assert {f for f in found if f.partition(":")[0] not in OWN.get(name, set())} == set()


def test_without_a_contract_in_hand_the_one_that_is_served_says_what_to_ask(tmp_path: Path) -> None:
    found = said(assessed("fastapi", "open", tmp_path, contract=False, token=False))
    assert {
        "error-free-of-traces: `GET /v1/books/{title}` is answered with a SQL error of SQLite and the message of a Python exception",
        PASSWORDS,
    } <= found
    assert not [f for f in found if f.startswith("verbs-as-specified")]


@pytest.mark.skipif(not PROOF, reason="a slow proof")
@pytest.mark.parametrize("name", NAMES)
def test_the_quiet_shop_is_not_accused_without_a_contract(name: str, tmp_path: Path) -> None:
    found = said(assessed(name, "quiet", tmp_path, contract=False, token=False))
    assert {f for f in found if f.partition(":")[0] not in OWN.get(name, set())} == set()

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from batten.engine.outcome import EnvironmentOutcome, Outcome, Past
from batten.formats import Workspace
from batten.formats.document import Text
from batten.model import (
    Edit,
    Exchange,
    Finding,
    Fix,
    Kind,
    LazyFix,
    Location,
    Problem,
    RedirectToTls,
    Safety,
    Severity,
    Span,
    State,
    Suppression,
)

SECRET = "hunter2-hunter2"
FILES = {
    "edge/nginx.conf": "server {\n\tlisten 80; # 😀 <b>\n\tlisten 81;\n\tserver_tokens on;\n}\n",
    "a b/compose.yaml": f'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: "{SECRET}"\n    image: x\n',
    ".bash_history": f"ls\nmysql -p{SECRET} prod\n",
    "astral.conf": "k 😀😀 v;\n",
}


def at(path: str, piece: str, kind: Kind = Kind.VALUE, pointer: str = "p") -> Location:
    start = FILES[path].index(piece)
    return Location(path, pointer, Span(start, start + len(piece)), kind=kind)


def found(control: str, severity: Severity, message: str, place: Location, **more: object) -> Finding:
    region = Text(place.source, FILES[place.source]).region(place) if place.span else None
    return Finding(
        control=control,
        severity=severity,
        message=message,
        at=place,
        fingerprint=f"f-{control}",
        region=region,
        **more,
    )  # type: ignore[arg-type]


def redirect() -> Fix:
    place = at("edge/nginx.conf", "listen 80;").span
    assert place is not None
    edit = Edit("edge/nginx.conf", place, "return 308 https://$host$request_uri;")
    return Fix("redirect plain HTTP to HTTPS", (edit,), safety=Safety.RISKY, breaks="callers over plain HTTP")


def wire() -> Location:
    exchange = Exchange(
        "GET /v1/orders?q='a%20b' HTTP/1.1\nHost: staging.example.com\nOrigin: https://evil.example\n"
        "Authorization: •••\n",
        "HTTP/1.1 200 OK\nServer: nginx/1.27.1\nContent-Type: application/json\n\n[]\n",
    )
    pointer = "GET /v1/orders?q='a%20b' response.headers[server]"
    return Location("https://staging.example.com", pointer, kind=Kind.WIRE, exchange=exchange)


def secret_fix() -> Fix:
    span = at("a b/compose.yaml", f'POSTGRES_PASSWORD: "{SECRET}"').span
    assert span is not None
    edit = Edit("a b/compose.yaml", span, "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}")
    return Fix("read the password from the environment", (edit,))


def an_outcome() -> Outcome:
    secret = at("a b/compose.yaml", f'"{SECRET}"')
    return Outcome(
        "check",
        "/somewhere/orders",
        Severity.LOW,
        findings=[
            found(
                "secret-not-inline",
                Severity.CRITICAL,
                "a password is written out",
                secret,
                mend=LazyFix(secret_fix()),
            ),
            found(
                "tls-required",
                Severity.HIGH,
                "content is served over plain HTTP",
                at("edge/nginx.conf", "listen 80;"),
                mend=LazyFix(redirect()),
                remedy=RedirectToTls(),
                reach=("internet", "0.0.0.0:8443", "edge", "api"),
                also=(at("edge/nginx.conf", "listen 81;"),),
                state=State.REGRESSED,
            ),
            found(
                "history-free-of-secrets",
                Severity.HIGH,
                "a password was typed",
                at(".bash_history", f"mysql -p{SECRET} prod"),
            ),
            found(
                "banner-hidden",
                Severity.LOW,
                "Server: nginx/1.27.1 names the version",
                wire(),
                environment="staging",
                state=State.STANDING,
            ),
            found(
                "csp-sent",
                Severity.LOW,
                "no policy is sent",
                at("edge/nginx.conf", FILES["edge/nginx.conf"][:-1], Kind.BLOCK),
            ),
            found("cookie-flags", Severity.MEDIUM, "says 😀", at("astral.conf", "v")),
            found(
                "banner-hidden",
                Severity.LOW,
                "server_tokens is on",
                at("edge/nginx.conf", "server_tokens on;"),
                suppression=Suppression("policy", "a test machine", owner="alice", until="2027-01-31"),
            ),
        ],
        today=date(2026, 12, 1),
        problems=[
            Problem("edge/nginx.conf", "read", "an include was not found", hint="add the file", line=2),
            Problem("gone.yaml", "parse", "the file cannot be read", hint="check it"),
        ],
        environments=[
            EnvironmentOutcome(
                "staging", "https://staging.example.com", True, 42, (Problem("TLS", "probe", "no answer"),)
            ),
            EnvironmentOutcome("production", "https://api.example.com", False),
        ],
        past=[
            Past(
                "hsts-sent", Severity.MEDIUM, "HSTS was not sent", "edge/nginx.conf", "p", "", State.FIXED, 3
            )
        ],
        files=12,
        units=3,
    )


@pytest.fixture
def outcome() -> Outcome:
    return an_outcome()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, FILES)


def nastily(nasty: str) -> Outcome:
    """An outcome that says `nasty` wherever free text goes."""
    wire = Location(
        "https://h.example",
        f"GET {nasty}",
        kind=Kind.WIRE,
        exchange=Exchange(
            f"GET /{nasty} HTTP/1.1\nX: {nasty}\n\n{nasty}", f"HTTP/1.1 200 {nasty}\nX: {nasty}\n\n{nasty}"
        ),
    )
    finding = Finding(
        control="csp-sent",
        severity=Severity.LOW,
        message=nasty,
        at=Location(nasty or "f", nasty),
        fingerprint="f",
        mend=LazyFix(Fix(nasty, (), question=nasty, breaks=nasty)),
        reach=(nasty,),
        related=(wire,),
    )
    waived = replace(finding, suppression=Suppression("policy", nasty, owner=nasty, until=nasty))
    problem = Problem(nasty, "read", nasty, hint=nasty)
    return Outcome(
        "check",
        nasty,
        Severity.LOW,
        [finding, waived, replace(finding, at=wire, environment=nasty)],
        [problem],
        [EnvironmentOutcome(nasty, nasty, True, 1, (problem,), (problem,))],
        [Past("csp-sent", Severity.LOW, nasty, nasty, nasty, nasty, State.FIXED)],
    )


@pytest.fixture(scope="session")
def everywhere() -> Callable[[str], Outcome]:
    return nastily

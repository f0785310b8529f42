"""Long paths and values are shown by their beginning and their end, in every report, and no secret by its half."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.outcome import Outcome
from batten.engine.shown import shown
from batten.formats import Workspace
from batten.masking import MASK, brief_request, concise, register, shortened
from batten.masking.budget import QUOTED, SHOWN, TARGET
from batten.model import Exchange, Finding, Kind, Location, Severity
from batten.reports import render

LONG = "/begin" + "a" * 9000 + "the-end"


def test_the_middle_is_left_out() -> None:
    assert shortened("short") == "short"
    assert shortened(LONG).startswith("/begin") and shortened(LONG).endswith("the-end")
    assert len(shortened(LONG)) == SHOWN


def test_only_what_is_long_is_shortened() -> None:
    told = concise(f"`GET {LONG}` is answered with a trace of `/short`")
    assert told.startswith("`GET /begin") and told.endswith("the-end` is answered with a trace of `/short`")
    words = "`" + "default-src 'self'; " * 20 + "`"
    assert len(concise(f"the policy {words} is weak")) == len("the policy `` is weak") + QUOTED
    plain = "words of a sentence that is long, and has nothing that is long in itself; " * 5
    assert concise(plain) == plain


def test_a_request_keeps_its_headers_and_its_body() -> None:
    rest = "\nHost: a.example\n\n" + "b" * 5000
    line, _, kept = brief_request(f"GET {LONG} HTTP/1.1{rest}").partition("\n")
    assert (len(line), f"\n{kept}") == (TARGET + len("GET  HTTP/1.1"), rest)


def _outcome(path: str) -> Outcome:
    exchange = Exchange(
        f"GET {path} HTTP/1.1\nHost: a.example\n", f"HTTP/1.1 500 No\nServer: {'x' * 400}\n\nTraceback"
    )
    at = Location("https://a.example", f"GET {path} response.body", kind=Kind.WIRE, exchange=exchange)
    finding = Finding(
        control="error-free-of-traces",
        severity=Severity.HIGH,
        message=f"`GET {path}` is answered with a Python traceback",
        at=at,
        fingerprint="f",
        environment="staging",
        also=(at,),
        related=(at,),
    )
    return Outcome("probe", "/r", Severity.LOW, [finding])


@pytest.mark.parametrize(
    "name", ["terminal", "concise", "markdown", "html", "json", "sarif", "junit", "gitlab", "github"]
)
def test_no_report_shows_a_long_path_whole(name: str) -> None:
    told = render(name, shown(_outcome(LONG)), Workspace(Path("/nonexistent")))
    assert "a" * (TARGET + 1) not in told
    assert "/begin" in told


def test_a_secret_is_hidden_before_it_is_cut() -> None:
    secret = "Kx7-" + "s3cr3t" * 40
    register(secret)
    outcome = shown(_outcome(f"/begin?token={secret}"))
    assert MASK in outcome.findings[0].message
    assert "s3cr3t" not in outcome.findings[0].message

"""What is told to do of what was seen live, by what answers there."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.advice import adviser, reviewed
from batten.engine.review import Review, judged_live
from batten.facts import (
    Banner,
    CorsObserved,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Fact,
    Opening,
    PlainAnswer,
    Recognised,
    Stage,
)
from batten.formats import Workspace
from batten.live.reading import read_transcript
from batten.live.technology import ROWS
from batten.model import Finding, Kind, Location, Setting
from batten.policy import Policy
from batten.technologies import technologies
from batten.technologies.shared.running.settings import SETTINGS
from batten.technologies.shared.running.typical import TYPICAL

URL = "https://api.example.com"
AT = Location(URL, "GET / response.body", kind=Kind.WIRE)
BARE = "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}"
DEBUGGER = ErrorBody(AT, request="GET /", status=500, leaks=("debug page",), debugger=True)


def answering(name: str, *, certain: bool = True, evidence: str = "", at: Location = AT) -> Recognised:
    row = next(row for row in ROWS if row.name == name)
    shown = (evidence,) if evidence else ()
    return Recognised(at, name=name, title=row.title, stage=row.stage, evidence=shown, certain=certain)


def found(*facts: Fact, policy: Policy | None = None) -> list[Finding]:
    result = Review(Workspace(Path("/")), policy or Policy())
    return list(judged_live("live", facts, result, advise=adviser(facts, result)).findings)


def advice(control: str, *facts: Fact, policy: Policy | None = None) -> str:
    return next(f.advice for f in found(*facts, policy=policy) if f.control == control)


def test_what_a_writer_would_write_is_told() -> None:
    bare = read_transcript(URL, BARE)
    assert advice("nosniff-sent", answering("nginx"), *bare) == (
        "In nginx, send X-Content-Type-Options: `add_header X-Content-Type-Options nosniff always;`."
    )
    assert '`Header always set X-Content-Type-Options "nosniff"`' in advice(
        "nosniff-sent", answering("apache"), *bare
    )


def test_without_a_technology_the_general_advice_is_told() -> None:
    bare = read_transcript(URL, BARE)
    assert advice("nosniff-sent", *bare) == "Send X-Content-Type-Options: nosniff with every response."
    elsewhere = answering("nginx", at=Location("https://other.example.com", "GET /", kind=Kind.WIRE))
    assert (
        advice("nosniff-sent", elsewhere, *bare)
        == "Send X-Content-Type-Options: nosniff with every response."
    )


def test_what_is_uncertain_is_said_so() -> None:
    told = advice("debug-off", answering("fastapi", certain=False), DEBUGGER)
    assert told == (
        "Turn the debug mode of the framework off. If FastAPI answers, turn debug mode off: `app = FastAPI(debug=False)`."
    )


def test_headers_are_set_at_the_edge_and_debug_pages_turned_off_in_the_application() -> None:
    both = (answering("nginx"), answering("django"))
    assert advice("nosniff-sent", *both, *read_transcript(URL, BARE)).startswith("In nginx, ")
    assert advice("debug-off", *both, DEBUGGER).startswith(
        "In Django, `DEBUG = False`. See https://docs.djangoproject.com/"
    )


def test_a_banner_is_hidden_by_what_shows_it() -> None:
    banner = Banner(
        AT, product="PHP", header="X-Powered-By", shows_version=Setting(True, AT), shown="PHP/8.4.1"
    )
    php = answering("php", evidence="the header x-powered-by: PHP/8.4.1")
    assert advice("banner-hidden", answering("nginx"), php, banner).startswith("In PHP, `expose_php = Off`")


def test_origins_of_the_policy_are_named() -> None:
    policy = Policy(origins=("https://shop.example.com",))
    seen = CorsObserved(
        AT,
        origin="https://stranger.invalid",
        trick="foreign",
        allowed_origin="*",
        credentials=False,
        varies=False,
    )
    told = advice("cors-origin-listed", answering("fastapi"), seen, policy=policy)
    assert '`allow_origins=["https://shop.example.com"]`' in told


def test_advice_is_of_the_same_case() -> None:
    """What refuses hidden files serves a backup all the same."""
    backup = ExposedFile(AT, "/backup.sql", "database dump")
    hidden = ExposedFile(AT, "/.env", "environment file")
    assert "nginx" not in advice("file-not-served", answering("nginx"), backup)
    assert "In nginx, answer 404" in advice("file-not-served", answering("nginx"), hidden)
    metrics = Endpoint(AT, method="GET", path="/metrics", kind="metrics", what="metrics")
    assert "FastAPI" not in advice("console-not-exposed", answering("fastapi"), metrics)


def test_the_edge_of_the_other_address_may_answer_plain_requests() -> None:
    plain = Location("http://api.example.com", "GET / response", kind=Kind.WIRE)
    seen = PlainAnswer(plain, url="http://api.example.com/", status=200, redirects_to_tls=False, content=True)
    told = advice("tls-required", answering("haproxy"), seen)
    assert "If HAProxy answers, redirect plain HTTP to HTTPS: `http-request redirect scheme https" in told


def test_advice_of_a_row_of_the_catalogue_stays() -> None:
    """A violation that says what to do by itself knows better."""
    opening = Opening(
        AT,
        product="Jupyter",
        path="/api",
        gains="run code",
        close="Set a token.",
        source="https://example.com",
    )
    assert advice("console-not-exposed", answering("nginx"), answering("tornado"), opening).startswith(
        "Set a token."
    )


@pytest.mark.parametrize("name", TYPICAL)
def test_typical_configurations_are_read_whole(name: str) -> None:
    review, findings = reviewed(TYPICAL[name], Review(Workspace(Path("/")), Policy()))
    assert review.problems == []
    assert len({f.control for f in findings}) >= 4
    assert name in technologies()


def test_every_row_of_settings_is_of_a_technology_that_is_recognised() -> None:
    known = {row.name for row in ROWS}
    assert set(SETTINGS) | set(TYPICAL) <= known
    assert all(told.source.startswith("https://") for rows in SETTINGS.values() for told in rows)
    assert {row.stage for row in ROWS} == set(Stage)

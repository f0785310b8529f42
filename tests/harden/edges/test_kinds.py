"""Headers by what a path serves: data, pages or files, on each running edge."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from edge_kinds import SHOP, Serving, serving

from batten.engine.hardening.edge_alone import program_of
from batten.harden import targets
from batten.policy import headers
from needs import without

DATA = "default-src 'none'; frame-ancestors 'none'"
PAGES = headers.of_pages()[headers.CSP]
FILES = headers.of_files()[headers.CSP]
BESIDE = "base-uri 'self'; object-src 'none'; frame-ancestors 'none'"
SHOPS = "default-src 'self'; img-src 'self' https://images.example.com"
NONCE = "script-src 'nonce-cmFuZG9t' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'"
POLICIES = {
    "GET /things": DATA,
    "DELETE /things?status=204": DATA,
    "GET /docs/a": PAGES,
    "GET /docs/a?status=404": PAGES,  # which the contract declares as a page
    "PUT /docs/a": PAGES,
    "GET /app.js": PAGES,
    "GET /shop/a": SHOPS,
    "GET /plain": DATA,
    "GET /logo.svg": FILES,
    "GET /bill": FILES,
    "GET /reports/7.json": FILES,
    "GET /anything": DATA,
    # Of the edge itself.
    "DELETE /docs/a": DATA,
    "DELETE /shop/a": DATA,
    "GET /docs": DATA,
    "GET /docs/a?status=500": DATA,
    "GET /docs/a?status=409": DATA,
    "GET /logo.svg?status=404": DATA,
}
KEPT = (NONCE, "default-src 'self' https://cdn.example.com; style-src 'unsafe-inline'", "Script-Src 'self'")
LOOSE = (
    "default-src *",
    "frame-ancestors *",
    "script-src 'self' 'unsafe-inline'",
    "script-src 'self'; script-src-elem https:",
    "default-src 'self' 'unsafe-eval'",
    "img-src 'self'",
    "|script-src 'self'",
    "||default-src *",
    "default-src 'self', default-src *",
)
# Traefik sets headers of a path whoever answers, and keeps none of an application's.
SAYS_FOR_ALL = {"GET /docs/a?status=500", "GET /docs/a?status=409", "GET /logo.svg?status=404"}


@pytest.fixture(scope="module", params=targets.EDGES)
def edge(request: pytest.FixtureRequest) -> Iterator[Serving]:
    with serving(request.param, program_of(request.param) or without(request.param)) as found:
        yield found


def test_the_policy_is_that_of_what_the_path_serves(edge: Serving) -> None:
    found = {asked: edge.ask(*asked.split(" ")) for asked in POLICIES}
    wrong = {
        asked: (a.status, a[headers.CSP]) for asked, a in found.items() if a[headers.CSP] != POLICIES[asked]
    }
    known = SAYS_FOR_ALL if edge.engine == "traefik" else set()
    assert set(wrong) == known, wrong


def test_what_else_depends_on_it_is_sent_once(edge: Serving) -> None:
    for asked, referrer, opener in (
        ("/things", "no-referrer", ""),
        ("/docs/a", "same-origin", "same-origin-allow-popups"),
        ("/shop/a", "same-origin", "same-origin-allow-popups"),
        ("/logo.svg", "no-referrer", ""),
    ):
        answer = edge.ask("GET", asked)
        assert answer["Referrer-Policy"] == referrer, asked
        assert answer[headers.OPENER] == opener, asked
        same = {n: v for n, v in edge.edge.sent.items() if n not in (headers.CSP, "Referrer-Policy")}
        assert {name: answer[name] for name in same} == same


def test_preflights_and_bodies_that_are_too_large_are_answered_as_data(edge: Serving) -> None:
    asks = f"Origin: {SHOP}\r\nAccess-Control-Request-Method: PUT\r\n"
    preflight = edge.ask("OPTIONS", "/docs/a", asks)
    large = edge.ask("PUT", "/docs/a", "Content-Type: text/plain\r\nContent-Length: 90000\r\n")
    assert preflight.status in (200, 204) and large.status == 413
    expected = PAGES if edge.engine == "traefik" else DATA
    assert preflight[headers.CSP] == large[headers.CSP] == expected


@pytest.mark.parametrize("policy", KEPT)
def test_a_strict_policy_of_the_application_is_kept_with_its_pages(edge: Serving, policy: str) -> None:
    expected = PAGES if edge.engine == "traefik" else f"{policy}, {BESIDE}"
    assert edge.ask("GET", f"/docs/a?csp={quote(policy)}")[headers.CSP] == expected
    for target, fixed in (("/things", DATA), ("/shop/a", SHOPS), ("/logo.svg", FILES), ("/plain", DATA)):
        assert edge.ask("GET", f"{target}?csp={quote(policy)}")[headers.CSP] == fixed


def test_a_loose_policy_of_the_application_is_not(edge: Serving) -> None:
    asked = [f"csp={quote(policy)}" for policy in LOOSE]
    found = [edge.ask("GET", f"/docs/a?{query}")[headers.CSP] for query in asked]
    assert found == [PAGES] * len(LOOSE)

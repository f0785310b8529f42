"""Every page in Chromium, wide and narrow, light and dark: nothing is complained of, nothing hangs over, axe finds nothing serious, and
it is read without JavaScript, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from batten.watch.pages.routes import routes
from proofs import PROOF
from watch_browser import Look, Served, chromium, looking, seeded_service, serious

# An address of each page, with what its main heading holds.
PAGES = {
    "/": "Today",
    "/map": "Map",
    "/environments": "Environments",
    "/environments/18": "payments/prod",
    "/findings": "Findings",
    "/findings/3": "",
    "/compare?left=17&right=18": "Compare",
    "/compare?runs=1-4": "Compare",
    "/trends": "Trends",
    "/waivers": "Waivers",
    "/runs": "Runs",
    "/runs/1": "Run 1",
    "/report": "Report of",
    "/settings": "Settings",
    "/settings/password": "assword",
    "/settings/environments": "Environments",
    "/settings/environments/new?source=repository": "New environment",
    "/settings/environments/18": "payments/prod",
    "/settings/channels": "Channels",
    "/settings/channels/new?kind=smtp": "New channel",
    "/settings/channels/1": "chat",
    "/settings/tokens": "Tokens",
    "/settings/users": "Users",
    "/settings/audit": "Audit log",
    "/settings/assignments": "Assignments",
}
# Where others look: log-in has tests of its own, exports and the stream of events are no pages.
_NO_PAGES = (
    "/static/{name}",
    "/events",
    "/login",
    "/oidc/login",
    "/oidc/callback",
    "/findings.csv",
    "/findings.json",
    "/findings.sarif",
)
# Both widths, both themes; what is left of their product is for the proof.
WINDOWS = [(1440, "light"), (390, "dark"), *([(1440, "dark"), (390, "light")] if PROOF else [])]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with seeded_service(tmp_path_factory.mktemp("watch")) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=WINDOWS, ids=lambda window: f"{window[0]}-{window[1]}")
def window(request: pytest.FixtureRequest, browser: Any, served: Served) -> Iterator[Look]:
    width, theme = request.param
    with looking(browser, served, width, theme) as look:
        yield look


@pytest.fixture(scope="module")
def plain(browser: Any, served: Served) -> Iterator[Look]:
    with looking(browser, served, script=False) as look:
        yield look


def test_every_page_is_looked_at() -> None:
    shown = [re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)) for path in _paths()]
    unseen = [p.pattern for p in shown if not any(p.fullmatch(page.partition("?")[0]) for page in PAGES)]
    assert unseen == [], "PAGES here: an address of each page, with what its main heading holds"


def _paths() -> list[str]:
    gets = [route.path for route in routes() if isinstance(route, Route) and "GET" in (route.methods or ())]
    return [path for path in gets if path not in _NO_PAGES]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_in_every_size_and_theme(window: Look, served: Served, path: str) -> None:
    window.complaints.clear()
    assert window.go(served.url + path) == 200
    assert PAGES[path] in window.page.inner_text("h1")
    assert window.overflow <= 0
    if PROOF or (list(PAGES).index(path) % 2 == 0) == (window.page.viewport_size["width"] > 1_000):
        assert serious(window.page) == []  # each page in one of the windows; in all of them for the proof
    assert window.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_read_without_javascript(plain: Look, served: Served, path: str) -> None:
    assert plain.go(served.url + path) == 200
    assert PAGES[path] in plain.page.inner_text("h1")
    assert plain.page.locator("[data-copy]:visible").count() == 0
    assert plain.complaints == []

"""Every page in Chromium, wide and narrow, light and dark: nothing is complained of, nothing hangs over, axe finds nothing serious, and
it is read without JavaScript, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from batten.watch.pages.routes import routes
from watch_browser import THEMES, WIDTHS, Served, chromium, looking, seeded_service, serious

# An address of each page, with its main heading.
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
    "/settings/password": "password",
}
AXED = ((1440, "light"), (390, "dark"))
_NO_PAGES = ("/static/{name}", "/events", "/login")  # log-in has tests of its own


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with seeded_service(tmp_path_factory.mktemp("watch")) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def test_every_page_is_looked_at() -> None:
    shown = [re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)) for path in _paths()]
    assert [p.pattern for p in shown if not any(p.fullmatch(page.partition("?")[0]) for page in PAGES)] == []


def _paths() -> list[str]:
    gets = [route.path for route in routes() if isinstance(route, Route) and "GET" in (route.methods or ())]
    return [path for path in gets if path not in _NO_PAGES]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_in_every_size_and_theme(browser: Any, served: Served, path: str) -> None:
    for width in WIDTHS:
        for theme in THEMES:
            with looking(browser, served, width, theme) as look:
                assert look.go(served.url + path) == 200
                look.page.wait_for_load_state("load")
                assert look.complaints == []
                assert look.overflow <= 0, f"{width} {theme}"
                assert PAGES[path] in look.page.inner_text("h1")
                if (width, theme) in AXED:
                    assert serious(look.page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_read_without_javascript(browser: Any, served: Served, path: str) -> None:
    with looking(browser, served) as look:
        look.go(served.url + path)
        with_script = look.page.inner_text("main h1")
    with looking(browser, served, script=False) as look:
        assert look.go(served.url + path) == 200
        assert look.page.inner_text("main h1") == with_script
        assert look.page.locator("[data-copy]:visible").count() == 0
        assert look.complaints == []

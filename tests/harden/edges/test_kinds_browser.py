"""Pages behind an edge in a real browser: scripts of their own host run, and none that were put into them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from edge_kinds import Api, Serving, serving

from batten.engine.hardening.edge_alone import program_of
from batten.harden import targets
from needs import package, program, without
from proofs import PROOF

NONCE = "cmFuZG9t"
PAGE = f"""<!doctype html><meta charset=utf-8><title>Docs</title><link rel=stylesheet href="/app.css">
<p id=shown>shown</p><img id=logo src="/logo.svg"><script src="/app.js"></script>
<script>window.inline = true</script><script nonce="{NONCE}">window.allowed = true</script>
<form method=post action="/things"></form>"""
SCRIPT = "window.own = true; fetch('/things').then(answer => answer.text()).then(text => { document.documentElement.dataset.read = text })"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"><script>document.title = "ran"</script></svg>'
FILES = {
    "/app.js": ("text/javascript", SCRIPT),
    "/app.css": ("text/css", "#shown { color: rgb(1, 2, 3) }"),
    "/logo.svg": ("image/svg+xml", LOGO),
    "/things": ("application/json", "{}"),
}
CONTRACT = """openapi: 3.1.0
info: {title: Pages, version: '1'}
paths:
  /docs/{page}:
    parameters: [{name: page, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {text/html: {}}}}}
  /app.js: {get: {responses: {'200': {description: o, content: {text/javascript: {}}}}}}
  /app.css: {get: {responses: {'200': {description: o, content: {text/css: {}}}}}}
  /logo.svg: {get: {responses: {'200': {description: o, content: {image/svg+xml: {}}}}}}
  /things: {get: {responses: {'200': {description: o, content: {application/json: {}}}}}}
"""
SEEN = """() => ({own: window.own, read: document.documentElement.dataset.read, inline: window.inline, allowed: window.allowed,
  image: document.getElementById("logo").naturalWidth, color: getComputedStyle(document.getElementById("shown")).color})"""


class Site(Api):
    """A page with all that pages have, its parts, and data."""

    def text(self, path: str) -> bytes:
        return FILES.get(path, ("", PAGE))[1].encode()

    def media(self, path: str) -> str:
        return FILES.get(path, ("text/html", ""))[0]


@pytest.fixture(scope="module", params=targets.EDGES)
def site(request: pytest.FixtureRequest) -> Iterator[Serving]:
    engine = request.param
    found = program_of(engine) or without(engine)
    with serving(engine, found, Site, CONTRACT, "hosts: localhost") as started:
        yield started


@contextmanager
def browser() -> Iterator[Any]:
    chromium = program("chromium", "chromium-browser", "google-chrome")
    with package("playwright.sync_api").sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started.new_context(ignore_https_errors=True)
        started.close()


def seen(page: Any, url: str) -> dict[str, Any]:
    page.goto(url)
    page.wait_for_selector("html[data-read]", state="attached")
    return dict(page.evaluate(SEEN))


@pytest.mark.skipif(not PROOF, reason="a browser for each edge: make proof")
def test_scripts_of_the_own_host_run_and_no_others(site: Serving) -> None:
    at = f"https://localhost:{site.port}"
    whole = {"own": True, "read": "{}", "image": 7, "color": "rgb(1, 2, 3)"}
    with browser() as context:
        page = context.new_page()
        assert seen(page, f"{at}/docs/a") == {**whole, "inline": None, "allowed": None}
        if site.engine != "traefik":  # which keeps no policy of an application's
            own = f"{at}/docs/a?csp=default-src 'self'; script-src 'self' 'nonce-{NONCE}'"
            assert seen(page, own) == {**whole, "inline": None, "allowed": True}
            loose = f"{at}/docs/a?csp=script-src 'self' 'unsafe-inline'"
            assert seen(page, loose) == {**whole, "inline": None, "allowed": None}
        page.goto(f"{at}/logo.svg")
        assert page.title() != "ran" and page.evaluate("document.documentElement.tagName") == "svg"

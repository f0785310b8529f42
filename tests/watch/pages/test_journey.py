"""What people do with the dashboard, in Chromium: log in, find, copy, waive, search, follow a run; by mouse and by keyboard."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Error

from batten.model import Severity
from batten.watch.access.accounts import add_user
from batten.watch.alerts import loop as alerts
from batten.watch.model import DAY, MINUTE, SERVICE, Grant, Role, WaiverState
from batten.watch.pages.words import day
from batten.watch.store import runs, waivers
from batten.watch.store.database import now
from waiting import answering, until
from watch_assessments import seen, settled, whole
from watch_browser import Look, Served, chromium, looking, seeded_service
from watch_stores import environment

PASSWORD = "a long password that nobody guesses 17"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with seeded_service(tmp_path_factory.mktemp("watch")) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """What takes a webhook's messages: its URL, and what came."""
    got: list[Any] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", got
        server.shutdown()


@pytest.fixture
def look(browser: Any, served: Served) -> Iterator[Look]:
    with looking(browser, served) as window:
        yield window
        assert window.complaints == []


def test_from_the_first_log_in_to_a_waiver(browser: Any, served: Served) -> None:
    with served.database.begin() as db:
        first = add_user(db, "tests", "chen", [Grant(Role.OPERATOR)], now())
    with looking(browser, served, known=False) as look:
        page = look.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
        look.go(served.url + "/")
        assert page.url.endswith("/login")
        page.fill("[name=name]", "chen")
        page.fill("[name=password]", first)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/settings/password")
        page.fill("[name=old]", first)
        page.fill("[name=new]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        page.press("[name=again]", "Enter")
        page.wait_for_url(served.url + "/")
        sentence = page.inner_text(".causes li:first-child .what")
        page.click(".causes li:first-child .what")
        page.wait_for_url("**/findings/*")
        assert page.inner_text("h1") == sentence
        command = page.inner_text(".copy .code")
        page.click("[data-copy]")
        until(lambda: page.evaluate("navigator.clipboard.readText()") == command, "the command is copied")
        assert command.startswith("batten ")
        page.fill("[name=reason]", "the vendor's client needs it until release 12")
        page.fill("[name=ticket]", "SEC-12")
        page.click("#waive button")
        page.wait_for_url("**?done=waived")
        assert "waived until" in page.inner_text(".head")
        assert look.complaints == []
        life = int(page.url.partition("/findings/")[2].partition("?")[0])
        page.click("text=Log out")
        page.wait_for_url("**/login")
    with served.database.read() as db:
        made = waivers.every(db, SERVICE)[0]
    assert (made.owner, made.by, made.state, made.ticket) == ("chen", "chen", WaiverState.ACTIVE, "SEC-12")
    assert life


def test_a_waiver_ends_and_a_regression_is_told(
    look: Look, served: Served, receiver: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, (url, got), at = look.page, receiver, now()
    monkeypatch.setenv("ALERT_KEY", "whsec_" + "a" * 44)
    number = environment(served.database, service="ledgers")
    found = whole(seen("hsts-sent", severity=Severity.CRITICAL))
    settled(served.database, number, found, at - 9 * MINUTE)

    look.go(f"{served.url}/settings/channels/new?kind=webhook")
    page.fill("[name=name]", "on call")
    page.fill("[name='kind.url']", url)
    page.fill("[name='kind.secret']", "${ALERT_KEY}")
    page.click("text=Add")
    page.wait_for_url("**?done=saved")
    page.click("[aria-label='Test on call']")
    page.wait_for_url("**?done=sent")
    assert len(got) == 1

    look.go(f"{served.url}/?service=ledgers")
    page.click(".causes .what")
    page.wait_for_url("**/findings/*")
    page.fill("[name=reason]", "the edge is replaced next week")
    page.fill("[name=until]", day(at + DAY))
    page.click("#waive button")
    page.wait_for_url("**?done=waived")
    finding = page.url.partition("?")[0]
    look.go(f"{served.url}/?service=ledgers")
    assert page.locator(".causes .what").count() == 0

    with served.database.begin() as db:
        assert waivers.expire(db, at + 3 * DAY)
    look.go(f"{served.url}/?service=ledgers")
    assert page.locator(".causes .what").count() == 1

    settled(served.database, number, whole(), at - 5 * MINUTE)
    look.go(finding)
    assert "fixed" in page.inner_text(".head") and page.locator("#waive").count() == 0
    settled(served.database, number, found, at - 2 * MINUTE)
    page.reload()
    assert "regressed" in page.inner_text(".head")
    look.go(f"{served.url}/?service=ledgers")
    assert "regressed" in page.inner_text(".causes")
    for later in (at, at + MINUTE, at + 2 * MINUTE):
        alerts.once(served.watch, later)
    topics = {notice["topic"] for message in got for notice in message["alerts"]}
    assert "regressed" in topics


def test_a_finding_is_waived_without_javascript(browser: Any, served: Served) -> None:
    with looking(browser, served, script=False) as look:
        page = look.page
        look.go(served.url + "/findings?stage=staging&severity=high")
        page.click("tbody tr:first-child .what")
        page.fill("[name=reason]", "it is replaced")
        page.click("#waive button")
        page.wait_for_url("**?done=waived")
        page.click("text=Waivers")
        page.wait_for_url("**/waivers")
        page.click("tbody tr:first-child summary")
        page.locator("tbody tr:first-child button:visible", has_text="Revoke").click()
        page.wait_for_url("**?done=revoked")
        page.click("text=Theme")
        page.wait_for_url("**/waivers?done=revoked")
        assert page.get_attribute("html", "data-theme") == "dark"
        assert look.complaints == []


def test_a_list_is_searched_sorted_and_paged_in_place(look: Look, served: Served) -> None:
    page = look.page
    look.go(served.url + "/findings")
    page.evaluate("window.same = true")
    page.keyboard.press("/")
    page.keyboard.type("cookie")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings?q=cookie&sort=severity")
    until(lambda: "cookie" in page.inner_text("tbody tr:first-child"), "the list is filtered")
    page.select_option("[name=stage]", "prod")
    page.wait_for_url("**stage=prod**")
    until(
        lambda: set(page.locator("tbody td:nth-child(3) a").all_inner_texts()) != set(),
        "the list is filtered",
    )
    assert all(name.endswith("/prod") for name in page.locator("tbody td:nth-child(3) a").all_inner_texts())
    assert page.evaluate("window.same")  # htmx changed the list, not the page
    page.go_back()
    page.wait_for_url("**/findings?q=cookie&sort=severity")
    fresh = "!window.same && document.readyState === 'complete'"
    until(lambda: answering(lambda: page.evaluate(fresh), Error), "back is the page itself again")
    look.go(served.url + "/findings")
    first = page.inner_text("tbody tr:first-child .what")
    page.click("text=Next page")
    page.wait_for_url("**after=**")
    until(lambda: page.locator("text=First page").count() == 1, "the second page is shown")
    assert page.inner_text("tbody tr:first-child") != first


def test_keys_move_open_and_explain(look: Look, served: Served) -> None:
    page = look.page
    look.go(served.url + "/findings")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    second = page.locator("[data-row]").nth(1)
    assert "at" in (second.get_attribute("class") or "")
    wanted = second.locator("a").first.get_attribute("href")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    second.locator("a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_the_skip_link_comes_first(look: Look, served: Served) -> None:
    look.go(served.url + "/")
    look.page.keyboard.press("Tab")
    assert look.page.evaluate("document.activeElement.textContent") == "Skip to the page"
    look.page.keyboard.press("Enter")
    assert look.page.evaluate("document.activeElement.id") == "main"


def test_a_phone_has_a_menu(browser: Any, served: Served) -> None:
    with looking(browser, served, 390) as look:
        look.go(served.url + "/")
        assert not look.page.is_visible(".nav")
        look.page.click(".burger summary")
        look.page.click(".nav >> text=Map")
        look.page.wait_for_url("**/map")


def test_progress_is_shown_as_it_happens(look: Look, served: Served) -> None:
    page = look.page
    with served.database.read() as db:
        held = next(run for run in runs.running(db) if run.progress)
    with page.expect_response("**/events"):
        look.go(f"{served.url}/runs/{held.id}")
    assert held.progress in page.inner_text("#live")
    with served.database.begin() as db:
        assert runs.beat(db, held, now(), 60_000, "probing 77 of 96 operations")
    page.wait_for_selector("text=probing 77 of 96 operations")
    with served.database.begin() as db:
        runs.cancel(db, SERVICE, held.id, now())
    page.wait_for_selector("text=being cancelled")


def test_charts_are_drawn_of_the_table(look: Look, served: Served) -> None:
    look.go(served.url + "/trends")
    look.page.wait_for_selector(".u-wrap canvas")
    assert look.page.locator("#chart").inner_text() != ""

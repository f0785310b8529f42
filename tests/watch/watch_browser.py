"""The dashboard in a browser: a seeded service behind its door, Debian's Chromium, and everything that it complains of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batten.live.addresses import networks
from batten.watch.model import Grant, Role
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import Database, now
from needs import package, program
from servers import application as serving
from watch_seed import seed
from watch_sessions import session, user
from watch_stores import sqlite

WIDTHS = (1440, 390)
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Served:
    """A running service and the cookie of an administrator's session."""

    url: str
    watch: Watch
    cookie: dict[str, Any]

    @property
    def database(self) -> Database:
        return self.watch.database


@dataclass
class Look:
    """A page of the browser, and what it complained of."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def go(self, url: str) -> int:
        answer = self.page.goto(url)
        assert answer is not None
        return int(answer.status)

    @property
    def overflow(self) -> int:
        """How many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def seeded_service(folder: Path, *grants: Grant, empty: bool = False) -> Iterator[Served]:
    """The service with the seeded estate, and a session of a user with these grants (an administrator's without any)."""
    database = sqlite(folder)
    if not empty:
        seed(database, now())
    watch = Watch(database, Settings(folder=folder, alert_networks=networks(["127.0.0.1"])))
    sent, _ = session(database, user(database, *(grants or (Grant(Role.ADMIN),)), name="amira"))
    with serving(application(watch), server_header=False) as port:
        url = f"http://127.0.0.1:{port}"
        try:
            yield Served(url, watch, {"name": "batten", "value": sent, "url": url})
        finally:
            watch.stopping.set()
    database.close()


@contextmanager
def chromium() -> Iterator[Any]:
    """One browser. While it runs, its thread has an event loop: no test of the same module can run another."""
    playwright = package("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=program("chromium", "chromium-browser"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@contextmanager
def looking(
    browser: Any,
    served: Served,
    width: int = 1440,
    theme: str = "light",
    script: bool = True,
    known: bool = True,
) -> Iterator[Look]:
    """A window of that width; `known`: with the session."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=script
    )
    context.set_default_timeout(30_000)
    if known:
        context.add_cookies([served.cookie])
    look = Look(context.new_page())
    look.page.on(
        "console", lambda said: said.type in ("error", "warning") and look.complaints.append(said.text)
    )
    look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
    look.page.on("requestfailed", lambda request: _failed(look, request))
    yield look
    context.close()


def _failed(look: Look, request: Any) -> None:
    """What a page asks for and then leaves before it is answered is no failure."""
    if request.failure != "net::ERR_ABORTED":
        look.complaints.append(f"{request.url} {request.failure}")


def serious(page: Any) -> list[str]:
    """What axe finds on a page that is serious or worse: the rule, and the first places."""
    axe = package("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]

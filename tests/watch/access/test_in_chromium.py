"""What a real browser makes of the door: cookies, forms, and a log-in that leads over another site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from batten.watch.access.accounts import first_admin
from batten.watch.model import Role
from batten.watch.service import application
from batten.watch.settings import GroupRole, Provider, Settings, Watch
from batten.watch.store.database import now
from oidc_provider import provider
from servers import application as serving
from servers import free_port
from watch_browser import Served, chromium, looking, serious
from watch_stores import sqlite

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


def test_from_the_first_password_to_an_own_one(browser: Any, tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    first = first_admin(database, now())
    watch = Watch(database, Settings(folder=tmp_path))
    with serving(application(watch), server_header=False) as port:
        served = Served(f"http://127.0.0.1:{port}", watch, {})
        with looking(browser, served, width=390, known=False) as look:
            page = look.page
            look.go(f"{served.url}/runs?state=failed")
            assert serious(page) == []
            _enter(page, first)
            assert page.url.endswith("/settings/password") and serious(page) == []
            for name, value in (("old", first), ("new", PASSWORD), ("again", PASSWORD)):
                page.fill(f"[name={name}]", value)
            page.click("text=Change the password >> nth=-1")
            page.wait_for_url(f"{served.url}/")
            page.goto("about:blank")  # what the page asks for by itself is no longer asked for
            page.context.clear_cookies()
            look.go(f"{served.url}/runs?state=failed")
            _enter(page, PASSWORD)
            assert page.url == f"{served.url}/runs?state=failed"
            assert all(c["httpOnly"] and c["sameSite"] == "Lax" for c in page.context.cookies())
            assert look.complaints == []
        watch.stopping.set()


def _enter(page: Any, password: str) -> None:
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", password)
    page.click("button.main")
    page.wait_for_load_state()


class Later:
    """An application that needs to know where it is served."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


def test_a_log_in_leads_over_the_provider_and_back(browser: Any, tmp_path: Path) -> None:
    port, app, database = free_port(), Later(), sqlite(tmp_path)
    described = Provider(
        issuer=f"http://localhost:{port}",  # another site than 127.0.0.1
        client="batten", label="Example", roles=(GroupRole(group="platform", role=Role.VIEWER),),
    )  # fmt: skip
    with provider(port, tmp_path, "localhost"), serving(app, server_header=False) as own:
        url = f"http://127.0.0.1:{own}"
        watch = Watch(database, Settings(folder=tmp_path, url=url, provider=described))
        app.app = application(watch)
        with looking(browser, Served(url, watch, {}), known=False) as look:
            look.go(f"{url}/map")
            look.page.click("text=Log in with Example")
            look.page.wait_for_url(f"{url}/map")
            assert "Grace-Hopper" in look.page.inner_text("body")
            assert [c["name"] for c in look.page.context.cookies()] == ["batten"]
            assert look.complaints == []
        watch.stopping.set()

"""Every page of the service."""

from __future__ import annotations

from starlette.routing import BaseRoute

from batten.watch.pages import (
    assets,
    compare,
    environment,
    environments,
    finding,
    findings,
    heat,
    live,
    login,
    running,
    sign_in,
    theme,
    today,
    trends,
    waivers,
)

_PAGES = (
    assets, login, sign_in, theme, today, heat, environments, environment, findings, finding, compare, trends, waivers, running, live,
)  # fmt: skip


def routes() -> list[BaseRoute]:
    return [route for one in _PAGES for route in one.routes()]

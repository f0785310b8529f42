"""Every page of the service."""

from __future__ import annotations

from starlette.routing import BaseRoute

from batten.watch.pages import (
    assets,
    environment,
    environments,
    finding,
    findings,
    heat,
    login,
    theme,
    today,
)

_PAGES = (assets, login, theme, today, heat, environments, environment, findings, finding)


def routes() -> list[BaseRoute]:
    return [route for one in _PAGES for route in one.routes()]

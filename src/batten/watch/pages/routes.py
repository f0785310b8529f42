"""Every page of the service."""

from __future__ import annotations

from starlette.routing import BaseRoute

from batten.watch.pages import assets, environment, environments, finding, findings, heat, theme, today


def routes() -> list[BaseRoute]:
    pages = (assets, theme, today, heat, environments, environment, findings, finding)
    return [route for one in pages for route in one.routes()]

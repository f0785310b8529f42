"""Every page of the service."""

from __future__ import annotations

from starlette.routing import BaseRoute

from batten.watch.pages import assets, environments, findings, heat, login, sign_in, theme, today


def routes() -> list[BaseRoute]:
    pages = (assets, login, sign_in, theme, today, heat, environments, findings)
    return [route for one in pages for route in one.routes()]

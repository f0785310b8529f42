"""Every page of the service."""

from __future__ import annotations

from starlette.routing import BaseRoute

from batten.watch.pages import assets, login, theme


def routes() -> list[BaseRoute]:
    return [*assets.routes(), *login.routes(), *theme.routes()]

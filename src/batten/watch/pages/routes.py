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
    report,
    running,
    settings_assignments,
    settings_audit,
    settings_channels,
    settings_environments,
    settings_index,
    settings_tokens,
    settings_users,
    sign_in,
    theme,
    today,
    trends,
    waivers,
)

_PAGES = (
    assets, login, sign_in, theme, today, heat, environments, environment, findings, finding, compare, trends, waivers,
    running, live, report, settings_index, settings_environments, settings_channels, settings_tokens, settings_users, settings_assignments,
    settings_audit,
)  # fmt: skip


def routes() -> list[BaseRoute]:
    return [route for one in _PAGES for route in one.routes()]

"""Routers whose rules take handshakes of WebSockets alone.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import SocketRoute
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.traefik.configuration import Configuration, Router
from batten.technologies.edges.traefik.expressions import expression
from batten.technologies.edges.traefik.routing import PATH

_UPGRADES = re.compile(r"(?<!!)\bHeader(?:Regexp|sRegexp|s)?\(`Upgrade`", re.IGNORECASE)
_ORIGIN = re.compile(r"(!?)\bHeaders?\(`Origin`, ?`([^`]*)`\)", re.IGNORECASE)


def sockets(whole: Configuration) -> Iterator[SocketRoute]:
    for router in whole.routers():
        if router.internal or not takes_handshakes(router):
            continue
        path = PATH.findall(router.rule.word)
        found = _ORIGIN.findall(router.rule.word)
        if not found:
            origins: Setting[tuple[str, ...]] = Setting(ABSENT, router.at)
        else:
            odd = any(negated for negated, _ in found)
            origins = Setting(UNKNOWN if odd else tuple(origin for _, origin in found), router.rule.here)
        yield SocketRoute(
            router.at,
            server="traefik",
            path=path[0][1] if path else "/",
            match="exact" if path and path[0][0] == "Path" else "prefix",
            upstream=router.service.partition("@")[0] or router.value.name,
            regex=expression(router.rule.word),
            origins=origins,
        )


def takes_handshakes(router: Router) -> bool:
    """Whether its rule asks for the header, and for a path no more than once."""
    return _UPGRADES.search(router.rule.word) is not None and len(PATH.findall(router.rule.word)) < 2

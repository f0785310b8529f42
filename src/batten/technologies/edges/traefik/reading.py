"""Every reader of a configuration, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.technologies.edges.traefik import cors, paths, routing, services, sockets, statics, tls
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.headers import reading as headers

READERS: tuple[Callable[[Configuration], Iterator[Fact]], ...] = (
    routing.listeners,
    tls.options,
    tls.client_rules,
    tls.certificates,
    headers.answers,
    headers.banners,
    headers.cookies,
    cors.policies,
    paths.routes,
    sockets.sockets,
    routing.hosts,
    routing.consoles,
    routing.logins,
    routing.rules,
    routing.shadows,
    routing.bounds,
    services.upstreams,
    statics.silent_routers,
)
STATIC = (
    statics.features,
    statics.clients,
    statics.bounds,
    statics.logs,
    statics.silent_points,
    statics.providers,
)


def facts(whole: Configuration) -> Iterator[Fact]:
    own = whole.static is not None and whole.static.source not in whole.silent
    for reader in (*READERS, *(STATIC if own else ())):
        yield from reader(whole)
    roots = [d for _, d in whole.dynamics] + ([whole.static] if whole.static is not None else [])
    for root in roots:
        if root.source not in whole.silent:
            yield from tls.trusting(root)
            yield from services.secrets(root)

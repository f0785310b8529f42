"""Traefik's middlewares, the first around all others: what each answers itself has the headers of those before it.

https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/overview/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from batten.contract.surface import Path
from batten.harden.edge import Edge, Route
from batten.harden.edges.traefik import clients, sockets
from batten.harden.handshakes import PROTOCOL
from batten.harden.kinds import Kind

Json = Any
HSTS = "Strict-Transport-Security"
T = TypeVar("T")
# Traefik says these itself, of clients that it does not trust.
_SETS = re.compile(r"X-Forwarded-(?:For|Host|Port|Proto|Server)|X-Real-Ip", re.IGNORECASE)
# Of no client: requests that get to such a list are refused with its status, and the headers of what is around it.
_NOBODY = "255.255.255.255/32"
_REFUSALS = {"no-verb": 405, "no-path": 404, "no-host": 421}
_ORIGINS = {sockets.NO_ORIGIN: 403}
_FIRST = ["sent", clients.CONNECTIONS, clients.RATE]


@dataclass(frozen=True, slots=True)
class Stacks:
    """The names of the middlewares of each kind of router. What several paths have in common is one middleware."""

    allows: dict[str, str]
    instead: dict[tuple[int, ...], str]
    grants: dict[tuple[str, ...], str]
    bodies: dict[int, str]
    kinds: Mapping[str, Kind]
    vary: bool

    @property
    def other_paths(self) -> list[str]:
        return [*_FIRST, "text", "no-path"]

    @property
    def other_hosts(self) -> list[str]:
        return [*_FIRST, "text", "no-host"]

    def other_verbs(self, route: Route) -> list[str]:
        return [*_FIRST, "text", self.allows[route.allow], "no-verb"]

    def forwarded(self, route: Route) -> list[str]:
        return [*self._first(route), *(["vary"] if self.vary else []), *self._inner(route)]

    def listed(self, route: Route) -> list[str]:
        return [*self._first(route), self.grants[_granted(route)], *self._inner(route)]

    def opened(self, path: Path) -> list[str]:
        """Nothing here waits for the end of a body."""
        vary = ["vary"] if self.vary else []
        return [*_FIRST, *vary, "clean", sockets.TOLD, self.instead[path.errors]]

    @property
    def foreign_pages(self) -> list[str]:
        return [*_FIRST, "text", sockets.NO_ORIGIN]

    def _first(self, route: Route) -> list[str]:
        """The headers of a kind are around those of data, and so in place of them."""
        kind = self.kinds.get(route.path.template)
        return [*([_sends(kind)] if kind else []), *_FIRST]

    def _inner(self, route: Route) -> list[str]:
        return ["clean", self.bodies[route.body], "told", self.instead[route.path.errors]]


def stacks(edge: Edge) -> Stacks:
    routes = edge.routes
    return Stacks(
        allows=_numbered("allow", (route.allow for route in routes)),
        instead=_numbered("instead", (path.errors for path in (*(r.path for r in routes), *edge.listed))),
        grants=_numbered("cors", map(_granted, routes)) if edge.cors is not None else {},
        bodies=_numbered("body", (route.body for route in routes)),
        kinds=edge.kinds,
        vary=edge.cors is not None,
    )


def _numbered(name: str, values: Iterator[T]) -> dict[T, str]:
    return {value: f"{name}-{number}" for number, value in enumerate(dict.fromkeys(values), 1)}


def _granted(route: Route) -> tuple[str, ...]:
    """What pages may do with a path, as one value."""
    path = route.path
    return (route.allow, ", ".join(path.request_headers), ", ".join(path.response_headers))


def middlewares(edge: Edge) -> Iterator[tuple[str, Json]]:
    found = stacks(edge)
    yield "sent", {"headers": {"customResponseHeaders": dict(edge.sent)}}
    for kind in edge.named_kinds:
        yield _sends(kind), {"headers": {"customResponseHeaders": dict(kind.sent)}}
    if edge.plain_port:
        # HSTS would be ignored here (RFC 6797, 7.2).
        sent = {name: value for name, value in edge.sent.items() if name != HSTS}
        port = {} if edge.public == 443 else {"port": str(edge.public)}
        yield "sent-plain", {"headers": {"customResponseHeaders": sent}}
        yield "to-tls", {"redirectScheme": {"scheme": "https", **port, "permanent": True}}
    yield from clients.limits(edge)
    said = {
        "Content-Type": "text/plain; charset=utf-8",
        **({"Vary": "Origin"} if edge.cors is not None else {}),
    }
    yield "text", {"headers": {"customResponseHeaders": said}}
    for name, status in {**_REFUSALS, **(_ORIGINS if edge.sockets else {})}.items():
        yield name, {"ipAllowList": {"sourceRange": [_NOBODY], "rejectStatusCode": status}}
    for allow, name in found.allows.items():
        yield name, {"headers": {"customResponseHeaders": {"Allow": allow}}}
    if edge.cors is not None:
        yield "vary", {"headers": {"addVaryHeader": True}}
    for granted, name in found.grants.items():
        methods, asked, shown = granted
        assert edge.cors is not None
        made: Json = {
            "accessControlAllowOriginList": list(edge.cors.origins),
            "accessControlAllowMethods": methods.split(", "),
            "accessControlAllowHeaders": asked.split(", ") if asked else [],
            "accessControlExposeHeaders": shown.split(", ") if shown else [],
            "accessControlAllowCredentials": edge.cors.credentials,
            "accessControlMaxAge": edge.cors.age,
            "addVaryHeader": True,
        }
        yield name, {"headers": {name: value for name, value in made.items() if value != []}}
    # The upstream's grants are removed before the edge's own are sent.
    yield (
        "clean",
        {
            "headers": {
                "customResponseHeaders": dict.fromkeys((*edge.hidden, *edge.extra_headers, "Server"), "")
            }
        },
    )
    for body, name in found.bodies.items():
        # A body of exactly the limit is answered with 500, and 0 would be no limit. All of it is in memory: from the other
        # bound on it would be a file.
        size = body + 1
        yield name, {"buffering": {"maxRequestBodyBytes": size, "memRequestBodyBytes": size + 1}}
    yield "told", {"headers": {"customRequestHeaders": _told(edge)}}
    if edge.sockets:
        told = {**_told(edge), sockets.UPGRADE: PROTOCOL}
        yield sockets.TOLD, {"headers": {"customRequestHeaders": told}}
    for statuses, name in found.instead.items():
        # The status alone, without a word of the API's: Traefik has no documents of its own.
        yield name, {"errors": {"status": list(map(str, statuses)), "service": "noop@internal"}}


def _sends(kind: Kind) -> str:
    return f"sent-{kind.name.replace('_', '-')}"


def _told(edge: Edge) -> Json:
    """What the upstream gets; an empty value removes a header. Some servers take an underscore for a hyphen."""
    removed = [name for name in edge.stripped if not _SETS.fullmatch(name)]
    spelled = [name.replace("-", "_") for name in edge.stripped if "-" in name]
    own = {"X-Forwarded-Port": str(edge.public), **clients.overwritten(edge)}
    return {**dict.fromkeys((*removed, *spelled), ""), **own}

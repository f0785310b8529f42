"""The places of edges: what each serves, by host name and path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.engine.content import Join, joined, of_route, told
from batten.engine.link import Picture
from batten.engine.sites import Site
from batten.facts import Content, Fact, ResponseHeaders, Route
from batten.model import Kind, Location
from batten.model.record import record
from batten.policy import Policy


@record(kw_only=True)
class Place:
    """A path of a site, and what is served there. `names` are the site's host names; none: it answers to any."""

    names: tuple[str, ...]
    path: str
    content: Content
    over_tls: bool
    at: Location
    shown: tuple[Location, ...]


@dataclass(slots=True)
class _Server:
    """The names of one server, and whether any of its listeners has TLS."""

    names: dict[str, None] = field(default_factory=dict)
    over_tls: bool = False


def places(facts: Iterable[Fact], picture: Picture, policy: Policy) -> Iterator[Place]:
    """Every place of which headers or an upstream are known."""
    kept = list(facts)
    join = joined(kept, picture, policy)
    heads: dict[str, list[ResponseHeaders]] = {}
    for fact in kept:
        if isinstance(fact, ResponseHeaders) and fact.at.kind is not Kind.WIRE:
            heads.setdefault(fact.at.source, []).append(fact)
    for source, site in join.sites.items():
        site_heads = heads.get(source, [])
        found: dict[str, _Server] = defaultdict(_Server)
        for one in site.listeners:
            server = found[_server(one.at)]
            server.names.update(dict.fromkeys(one.names))
            server.over_tls |= one.tls.known(False)
        servers, paths = found, {r.at.pointer: r.path for r in site.routes if r.match != "regex"}
        for head in site_heads:
            server, known = servers[_server(head.at)], told(head, join)
            yield Place(
                names=head.names or tuple(server.names),
                path=paths.get(head.at.pointer, "/"),
                content=known.content,
                over_tls=head.over_tls,
                at=head.at,
                shown=known.evidence,
            )
        seen = {head.at.pointer for head in site_heads}
        for route in site.routes:
            if route.upstream and route.match != "regex" and route.at.pointer not in seen:
                yield _forwarded(route, servers[_server(route.at)], site, join)


def _server(at: Location) -> str:
    return at.pointer.partition("/")[0]


def _forwarded(route: Route, server: _Server, site: Site, join: Join) -> Place:
    required = (name.value for name in route.hosts if isinstance(name.value, str))
    known = of_route(route, site, join)
    return Place(
        names=tuple(dict.fromkeys((*server.names, *required))),
        path=route.path,
        content=known.content,
        over_tls=server.over_tls,
        at=route.at,
        shown=known.shown,
    )

"""What each place of an edge serves: data, pages, both or not known; joined from what the user says, contracts,
images, applications and static roots. Only what is shown counts: silence is not an API."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from batten import facts
from batten.engine.link import Node, Picture
from batten.facts import Content, of_all
from batten.model import UNKNOWN, Context, Kind, Location, Setting
from batten.model.record import record
from batten.policy import Policy
from batten.policy.content import Row, below, content_at
from batten.technologies import sent_by, served_by

_ASIDE = re.compile(
    r"/\.well-known(?:/|$)|/(?:images?|imgs?|css|js|fonts?|static|assets|media|favicons?)(?:[./]|$)"
)
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?P<host>[^/:@]+)(?::(?P<port>\d+))?", re.IGNORECASE)
# Places whose requests may go to more than what their routes show, or to what another file says.
_OPEN = re.compile(r"(?:frontend|listen|listener)\[")
_SITE = re.compile(
    r"(?:server|VirtualHost|site)\[.*\]|", re.IGNORECASE
)  # a whole site of a server that serves files, too
_ELSEWHERE = re.compile(r"(?:ConfigMap|Ingress|Gateway|HelmChart\w*)\[")


@record
class Known:
    """What something serves, and where that is shown."""

    content: Content = Content.UNKNOWN
    shown: tuple[Location, ...] = ()
    sends: frozenset[str] = frozenset()  # headers, by lower-case name, that it sends by itself, or may


@dataclass(slots=True)
class _Site:
    """What one file says of where requests come in and go."""

    listeners: list[facts.Listener] = field(default_factory=list)
    routes: list[facts.Route] = field(default_factory=list)
    upstreams: list[facts.Upstream] = field(default_factory=list)
    roots: list[facts.WebRoot] = field(default_factory=list)


@dataclass(slots=True)
class _Join:
    rows: tuple[Row, ...]
    picture: Picture
    own: Known  # of an upstream that is not known: an application of the tree may be it
    sites: dict[str, _Site] = field(default_factory=lambda: defaultdict(_Site))
    apps: list[facts.AppSettings] = field(default_factory=list)
    operations: list[facts.Operation] = field(default_factory=list)


def with_content(
    given: Iterable[facts.Fact], picture: Picture, policy: Policy, sends: frozenset[str] = frozenset()
) -> list[facts.Fact]:
    """The facts, with what is served filled in where a reader could not know it and something else shows it. `sends` are
    the headers that applications of the tree send: behind an edge that sends none, whether they are is unknown."""
    kept = list(given)
    if not any(isinstance(fact, facts.ResponseHeaders) for fact in kept):
        return kept
    join = _joined(kept, picture, policy, Known(sends=sends))
    return [_told(fact, join) if isinstance(fact, facts.ResponseHeaders) else fact for fact in kept]


@record
class Place:
    """A path of a site, and what is served there. `names` are the site's host names; none: it answers to any."""

    names: tuple[str, ...]
    path: str
    content: Content
    over_tls: bool
    at: Location
    shown: tuple[Location, ...]


def places(given: Iterable[facts.Fact], picture: Picture, policy: Policy) -> Iterator[Place]:
    """Every place of which headers or an upstream are known, with what it serves."""
    kept = with_content(given, picture, policy)
    join = _joined(kept, picture, policy, Known())
    servers = {source: _servers(site) for source, site in join.sites.items()}
    paths = {
        (r.at.source, r.at.pointer): r.path
        for s in join.sites.values()
        for r in s.routes
        if r.match != "regex"
    }
    told = set[tuple[str, str]]()
    for fact in kept:
        if isinstance(fact, facts.ResponseHeaders) and fact.at.kind is not Kind.WIRE:
            place = (fact.at.source, fact.at.pointer)
            told.add(place)
            server = servers.get(fact.at.source, {}).get(_server(fact.at), _Server())
            names, path = tuple(server.names), paths.get(place, "/")
            yield Place(names, path, fact.content, fact.over_tls, fact.at, fact.evidence)
    for source, site in join.sites.items():
        for route in site.routes:
            if route.upstream and route.match != "regex" and (source, route.at.pointer) not in told:
                yield _forwarded(route, servers[source].get(_server(route.at), _Server()), site, join)


@dataclass(slots=True)
class _Server:
    """The names of one server, and whether any of its listeners has TLS."""

    names: dict[str, None] = field(default_factory=dict)
    over_tls: bool = False


def _servers(site: _Site) -> dict[str, _Server]:
    found: dict[str, _Server] = defaultdict(_Server)
    for one in site.listeners:
        server = found[_server(one.at)]
        server.names.update(dict.fromkeys(one.names))
        server.over_tls |= one.tls.known(False)
    return found


def _server(at: Location) -> str:
    return at.pointer.partition("/")[0]


def _forwarded(route: facts.Route, server: _Server, site: _Site, join: _Join) -> Place:
    required = (name.value for name in route.hosts if isinstance(name.value, str))
    known = _of_route(route, site, join)
    names = tuple(dict.fromkeys((*server.names, *required)))
    return Place(names, route.path, known.content, server.over_tls, route.at, known.shown)


def rows_of(policy: Policy) -> tuple[Row, ...]:
    """What the user says of hosts and paths, environments' own hosts included."""
    environments = (
        Row(host.lower(), "/", e.content)
        for e in policy.environments
        if e.content is not Content.UNKNOWN and (host := urlsplit(e.url).hostname)
    )
    return (*policy.content, *environments)


def of_answer(fact: facts.ResponseHeaders, rows: tuple[Row, ...]) -> facts.ResponseHeaders:
    """An answer whose own media type does not tell, as the user says of its host and path."""
    if fact.content is not Content.UNKNOWN or not rows:
        return fact
    url = urlsplit(fact.at.source)
    return replace(fact, content=content_at(rows, (url.hostname or "",), url.path or "/"))


def _joined(kept: Iterable[facts.Fact], picture: Picture, policy: Policy, own: Known) -> _Join:
    join = _Join(rows_of(policy), picture, own)
    for fact in kept:
        match fact:
            case facts.Listener():
                join.sites[fact.at.source].listeners.append(fact)
            case facts.Route():
                join.sites[fact.at.source].routes.append(fact)
            case facts.Upstream():
                join.sites[fact.at.source].upstreams.append(fact)
            case facts.WebRoot():
                join.sites[fact.at.source].roots.append(fact)
            case facts.AppSettings() if picture.of(fact.at) is Context.PRODUCTION:
                join.apps.append(fact)
            case facts.Operation() if picture.of(fact.at) is Context.PRODUCTION:
                join.operations.append(fact)
            case _:
                pass
    return join


def _told(head: facts.ResponseHeaders, join: _Join) -> facts.ResponseHeaders:
    if head.at.kind is Kind.WIRE:
        return of_answer(head, join.rows)
    site = join.sites[head.at.source]
    head = _completed(head, site, join)
    said = (
        content_at(join.rows, _names(head.at, site), _path(head.at, site)) if join.rows else Content.UNKNOWN
    )
    if said is not Content.UNKNOWN:
        return replace(head, content=said)
    if head.content is not Content.UNKNOWN or _ELSEWHERE.match(head.at.pointer):
        return head
    known = list(_behind(head.at, site, join))
    shown = dict.fromkeys(place for one in known for place in one.shown)
    return replace(head, content=of_all(one.content for one in known), evidence=tuple(shown)[:3])


def _completed(head: facts.ResponseHeaders, site: _Site, join: _Join) -> facts.ResponseHeaders:
    """The headers of a place with those that what is behind every way through it may send: unknown, not absent. Files that
    pages only bring along are no way of their own."""
    ways = [one for one in _behind(head.at, site, join) if one.content is not Content.ASSET]
    sends = frozenset.intersection(*(one.sends for one in ways)) if ways else frozenset()
    missing = sends - head.sent.keys() - head.dropped.keys()
    if not missing:
        return head
    may = {name: facts.SentHeader(Setting(UNKNOWN, head.at)) for name in sorted(missing)}
    return replace(head, sent={**may, **head.sent})


def _within(inner: Location, outer: Location) -> bool:
    if inner.pointer == outer.pointer or inner.pointer.startswith(outer.pointer + "/"):
        return True
    if inner.span is None or outer.span is None:
        return False
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _names(at: Location, site: _Site) -> tuple[str, ...]:
    """The host names of the server that a place is, or is in."""
    server = at.pointer.partition("/")[0]
    own = [one for one in site.listeners if server and one.at.pointer.partition("/")[0] == server]
    return tuple(dict.fromkeys(name for one in own for name in one.names))


def _path(at: Location, site: _Site) -> str:
    own = next((r for r in site.routes if r.at.pointer == at.pointer and r.match != "regex"), None)
    return own.path if own is not None and own.path.startswith("/") else "/"


def _behind(at: Location, site: _Site, join: _Join) -> Iterator[Known]:
    """What each way through a place leads to."""
    own = [r for r in site.routes if _within(r.at, at)]
    routes = [r for r in own if not r.refuses]
    whole = any(r.path == "/" and (r.refuses or r.upstream) for r in own)
    forwarded = {r.path for r in routes if r.upstream}
    for route in routes:
        if route.upstream:
            yield _of_route(route, site, join)
        elif route.serves_files and route.path not in forwarded:
            yield _files(route.path, route.at)
    yield from (_files(r.prefix, r.at) for r in site.roots if _within(r.at, at) and r.prefix not in forwarded)
    if _SITE.fullmatch(at.pointer) and forwarded and not whole:
        yield Known()  # what the server itself does with all other paths
    for upstream in site.upstreams:
        if _OPEN.match(at.pointer) or (not routes and _within(upstream.at, at)):
            yield _of_upstream(upstream, join)


def _files(path: str, at: Location) -> Known:
    return Known(Content.ASSET if _ASIDE.match(path) else Content.PAGE, (at,))


def _of_route(route: facts.Route, site: _Site, join: _Join) -> Known:
    covered = _contracted(route, join.operations)
    if covered.content is not Content.UNKNOWN:
        return covered
    found = [u for u in site.upstreams if _leads(route, u)]
    if found:
        known = [_of_upstream(u, join) for u in found]
        places = tuple(p for k in known for p in k.shown)
        return Known(
            of_all(k.content for k in known), places, frozenset.intersection(*(k.sends for k in known))
        )
    target = _HOST.match(route.upstream)
    if target is None:
        return join.own
    return _of_host(target["host"], int(target["port"] or 0), None, join)


def _leads(route: facts.Route, upstream: facts.Upstream) -> bool:
    if _within(upstream.at, route.at) and upstream.at.pointer != route.at.pointer:
        return True
    return f"[{route.upstream}]/" in f"{upstream.at.pointer}/" or upstream.target.value == route.upstream


def _contracted(route: facts.Route, operations: Iterable[facts.Operation]) -> Known:
    """A path below which a contract declares operations; one that covers everything shows nothing."""
    if route.match == "regex" or not route.path.strip("/"):
        return Known()
    own = [o for o in operations if below(o.path, route.path)]
    if not own:
        return Known()
    pages = any("html" in body.media_type for o in own for body in o.responses)
    return Known(Content.BOTH if pages else Content.API, (own[0].at,))


def _of_upstream(upstream: facts.Upstream, join: _Join) -> Known:
    if not upstream.host:
        return join.own
    return _of_host(upstream.host, upstream.port, join.picture.node(upstream), join)


def _of_host(host: str, port: int, source: Node | None, join: _Join) -> Known:
    found = set(_workloads(host, port, source, join.picture))
    return _of_workload(join.picture.workloads[found.pop()], join) if len(found) == 1 else join.own


def _workloads(host: str, port: int, source: Node | None, picture: Picture) -> Iterator[Node]:
    """The workloads that an address may be: by name where the edge runs; on its own host, by published port."""
    if source is not None:
        target = picture.names.get((picture.workloads[source].scope or source[0], host))
        if target is not None:
            yield target
        return
    if host in ("localhost", "127.0.0.1", "::1"):
        for node, ports in picture.ports.items():
            if any(p.host_port.known(0) == port for p in ports):
                yield node
        return
    yield from (node for (_, name), node in picture.names.items() if name == host)


def _of_workload(workload: facts.Workload, join: _Join) -> Known:
    if workload.build_context or workload.dockerfile:
        folder = workload.build_context or workload.dockerfile.rpartition("/")[0]
        return _of_folder("" if folder == "." else folder, join)
    image = workload.image.known("")
    if not image:
        return join.own
    kind, sends = served_by(image), sent_by(image)
    if kind is Content.UNKNOWN and not sends:
        sends = join.own.sends
    return Known(kind, (workload.image.at,), sends)


def _of_folder(folder: str, join: _Join) -> Known:
    """What the applications below a folder serve; another language's beside them is not seen."""
    own = [app for app in join.apps if not folder or app.at.source.startswith(folder + "/")]
    return Known(of_all(app.content for app in own), tuple(app.at for app in own), join.own.sends)

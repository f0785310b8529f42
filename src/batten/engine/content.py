"""What each place of an edge serves: data, pages, both or not known; joined from what the user says, contracts,
images, applications and static roots. Only what is shown counts: silence is not an API."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from batten import facts
from batten.engine.link import Node, Picture
from batten.engine.sites import Places, Site
from batten.facts import Content, Trait, of_all
from batten.model import UNKNOWN, Context, Kind, Location, Setting
from batten.model.record import changed, record
from batten.policy import Policy
from batten.policy.content import ContentRow, below, content_at
from batten.technologies import done_by_image, served_by, undone_by

_ASIDE = re.compile(
    r"/\.well-known(?:/|$)|/(?:images?|imgs?|css|js|fonts?|static|assets|media|favicons?)(?:[./]|$)"
)
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?P<host>[^/:@]+)(?::(?P<port>\d+))?", re.IGNORECASE)
# Places whose requests may go to more than what their routes show, or to what another file says.
_OPEN = re.compile(r"(?:frontend|listen|listener)\[")
_SITE = re.compile(
    r"(?:server|VirtualHost|site)\[.*\]|", re.IGNORECASE
)  # a whole site of a server that serves files, too
_OF_HOST = frozenset(("strict-transport-security",))  # browsers note it for the host, by whichever answer
_OF_PRODUCTS = frozenset((Trait.LOGINS_LIMITED,))  # shown by settings in the tree, of a product in an image
_ELSEWHERE = re.compile(r"(?:ConfigMap|Ingress|Gateway|HelmChart\w*)\[")


@record
class Known:
    """What something serves, and where that is shown."""

    content: Content = Content.UNKNOWN
    shown: tuple[Location, ...] = ()
    does: frozenset[str | Trait] = (
        frozenset()
    )  # headers, by lower-case name, that it sends by itself, and traits; or may


@dataclass(slots=True)
class Join:
    rows: tuple[ContentRow, ...]
    picture: Picture
    own: Known  # of an upstream that is not known: an application of the tree may be it
    sites: dict[str, Site] = field(default_factory=lambda: defaultdict(Site))
    upstreams: dict[int, Known] = field(default_factory=dict)  # by the fact's id
    routes: dict[int, Known] = field(default_factory=dict)  # by the fact's id
    ways: dict[Location, tuple[Known, ...]] = field(default_factory=dict)  # through a place
    all_of: dict[str, tuple[Known, ...]] = field(
        default_factory=dict
    )  # what a file's upstreams are, by the file
    apps: list[facts.AppSettings] = field(default_factory=list)
    operations: list[facts.Operation] = field(default_factory=list)
    by_path: list[tuple[str, int]] = field(
        default_factory=list
    )  # the operations' paths in order, each with its place among them
    by_host: dict[str, list[Node]] = field(default_factory=dict)  # the workloads of a name, in any scope


def rows_of(policy: Policy) -> tuple[ContentRow, ...]:
    """What the user says of hosts and paths, environments' own hosts included."""
    environments = (
        ContentRow(host.lower(), "/", e.content)
        for e in policy.environments
        if e.content is not Content.UNKNOWN and (host := urlsplit(e.url).hostname)
    )
    return (*policy.content, *environments)


def of_answer(fact: facts.ResponseHeaders, rows: tuple[ContentRow, ...]) -> facts.ResponseHeaders:
    """An answer whose own media type does not tell, as the user says of its host and path."""
    if fact.content is not Content.UNKNOWN or not rows:
        return fact
    url = urlsplit(fact.at.source)
    return changed(fact, content=content_at(rows, (url.hostname or "",), url.path or "/"))


def joined(
    kept: Iterable[facts.Fact], picture: Picture, policy: Policy, does: frozenset[str | Trait] = frozenset()
) -> Join:
    """What places lead to. `does` is what applications of the tree send and do: whether they are behind an edge of which
    nothing shows it is unknown."""
    join = Join(rows_of(policy), picture, Known(does=does))
    by_source: dict[str, list[facts.Fact]] = {}
    for fact in kept:
        match fact:
            case facts.Listener() | facts.Route() | facts.Upstream() | facts.WebRoot():
                by_source.setdefault(fact.at.source, []).append(fact)
            case facts.AppSettings() if picture.of(fact.at) is Context.PRODUCTION:
                join.apps.append(fact)
            case facts.Operation() if picture.of(fact.at) is Context.PRODUCTION:
                join.operations.append(fact)
            case _:
                pass
    join.sites.update(
        (
            source,
            Site(
                Places(f for f in found if isinstance(f, facts.Listener)),
                Places(f for f in found if isinstance(f, facts.Route)),
                Places(f for f in found if isinstance(f, facts.Upstream)),
                Places(f for f in found if isinstance(f, facts.WebRoot)),
            ),
        )
        for source, found in by_source.items()
    )
    join.by_path += sorted((one.path, number) for number, one in enumerate(join.operations))
    for (_, name), node in picture.names.items():
        join.by_host.setdefault(name, []).append(node)
    return join


def told(head: facts.ResponseHeaders, join: Join) -> facts.ResponseHeaders:
    """The answers of a place, with what is served filled in where a reader could not know it and something else shows it,
    and the headers that what is behind may send."""
    if head.at.kind is Kind.WIRE:
        return of_answer(head, join.rows)
    site = join.sites[head.at.source]
    known = behind(head.at, site, join)
    # The headers of a place with those that what is behind every way through it may send: unknown, not absent. Files
    # that pages only bring along are no way of their own.
    ways = [one for one in known if one.content is not Content.ASSET]
    does = frozenset.intersection(*(one.does for one in ways)) if ways else join.own.does & _OF_HOST
    missing = {name for name in does if isinstance(name, str)} - head.sent.keys() - head.dropped.keys()
    if missing:
        may = {name: facts.SentHeader(Setting(UNKNOWN, head.at)) for name in sorted(missing)}
        head = changed(head, sent={**may, **head.sent})
    # The host names of the server that a place is, or is in.
    said = (
        content_at(
            join.rows,
            head.names or site.names.get(head.at.pointer.partition("/")[0], ()),
            _path(head.at, site),
        )
        if join.rows
        else Content.UNKNOWN
    )
    if said is not Content.UNKNOWN:
        return changed(head, content=said)
    if head.content is not Content.UNKNOWN or _ELSEWHERE.match(head.at.pointer):
        return head
    shown = dict.fromkeys(place for one in known for place in one.shown)
    content = of_all(one.content for one in known)
    return changed(head, content=content, evidence=tuple(shown)[:3], forwarded=forwards(head.at, site))


def forwards(at: Location, site: Site) -> bool:
    """Whether requests to a place, or some of them, go on to another server."""
    return bool(site.upstreams.inside(at)) or any(r.upstream for r in site.routes.inside(at))


def _path(at: Location, site: Site) -> str:
    own = next((r for r in site.routes.at(at.pointer) if r.match != "regex"), None)
    return own.path if own is not None and own.path.startswith("/") else "/"


def behind(at: Location, site: Site, join: Join) -> tuple[Known, ...]:
    """What each way through a place leads to."""
    known = join.ways.get(at)
    if known is None:
        known = join.ways[at] = tuple(_ways(at, site, join))
    return known


def _ways(at: Location, site: Site, join: Join) -> Iterator[Known]:
    own = site.routes.inside(at)
    routes = [r for r in own if not r.refuses]
    whole = any(r.path == "/" and (r.refuses or r.upstream) for r in own)
    forwarded = {r.path for r in routes if r.upstream}
    for route in routes:
        if route.upstream:
            yield of_route(route, site, join)
        elif route.serves_files and route.path not in forwarded:
            yield Known(Content.ASSET, (route.at,)) if route.assets else _files(route.path, route.at)
    yield from (_files(r.prefix, r.at) for r in site.roots.inside(at) if r.prefix not in forwarded)
    if _SITE.fullmatch(at.pointer) and forwarded and not whole:
        yield Known()  # what the server itself does with all other paths
    if _OPEN.match(at.pointer):
        # What the upstreams of a file are, each sort once.
        source = at.source
        if source not in join.all_of:
            found = {(k.content, k.does, k.shown): k for k in (_of_upstream(u, join) for u in site.upstreams)}
            join.all_of[source] = tuple(found.values())
        yield from join.all_of[source]
    elif not routes:
        yield from (_of_upstream(upstream, join) for upstream in site.upstreams.inside(at))


def _files(path: str, at: Location) -> Known:
    return Known(Content.ASSET if _ASIDE.match(path) else Content.PAGE, (at,))


def of_route(route: facts.Route, site: Site, join: Join) -> Known:
    """What a path leads to that is forwarded."""
    known = join.routes.get(id(route))
    if known is None:
        # A path below which a contract declares operations; one that covers everything shows nothing.
        if route.match == "regex" or not route.path.strip("/"):
            contracted = Known()
        else:
            stem = route.path.rstrip("/")
            own = [
                join.operations[n]
                for n in sorted(_beginning(stem, join.by_path))
                if below(join.operations[n].path, stem)
            ]
            if not own:
                contracted = Known()
            else:
                pages = any("html" in body.media_type for o in own for body in o.responses)
                contracted = Known(Content.BOTH if pages else Content.API, (own[0].at,))
        covered, target = contracted, _target(route, site, join)
        known = join.routes[id(route)] = (
            changed(covered, does=target.does) if covered.content is not Content.UNKNOWN else target
        )
    return known


def _target(route: facts.Route, site: Site, join: Join) -> Known:
    found = site.led_to(route)
    if found:
        known = [_of_upstream(u, join) for u in found]
        places = tuple(p for k in known for p in k.shown)
        return Known(
            of_all(k.content for k in known), places, frozenset.intersection(*(k.does for k in known))
        )
    target = _HOST.match(route.upstream)
    if target is None:
        return join.own
    return _of_host(target["host"], int(target["port"] or 0), None, join)


def _beginning(stem: str, paths: list[tuple[str, int]]) -> Iterator[int]:
    """The numbers of the paths that begin so."""
    for at in range(bisect_left(paths, (stem, -1)), len(paths)):
        path, number = paths[at]
        if not path.startswith(stem):
            return
        yield number


def _of_upstream(upstream: facts.Upstream, join: Join) -> Known:
    known = join.upstreams.get(id(upstream))
    if known is None:
        source = join.picture.node(upstream)
        known = _of_host(upstream.host, upstream.port, source, join) if upstream.host else join.own
        join.upstreams[id(upstream)] = known
    return known


def _of_host(host: str, port: int, source: Node | None, join: Join) -> Known:
    found: dict[tuple[str, str], Node] = {}
    for node in _workloads(host, port, source, join):
        found.setdefault(node[:2], node)
    if len(found) == 1:
        workload = join.picture.workloads[found.popitem()[1]]
        if workload.build_context or workload.dockerfile:
            folder = workload.build_context or workload.dockerfile.rpartition("/")[0]
            # What the applications below a folder serve; another language's beside them is not seen.
            prefix = "" if folder == "." else folder
            own = [app for app in join.apps if not prefix or app.at.source.startswith(prefix + "/")]
            return Known(of_all(app.content for app in own), tuple(app.at for app in own), join.own.does)
        image = workload.image.known("")
        if not image:
            return join.own
        kind, does = served_by(image), done_by_image(image)
        does -= undone_by(workload.environment)
        if kind is Content.UNKNOWN and not does:
            does = join.own.does
        return Known(kind, (workload.image.at,), does | (join.own.does & _OF_PRODUCTS))
    return join.own


def _workloads(host: str, port: int, source: Node | None, join: Join) -> Iterator[Node]:
    """The workloads that an address may be: by name where the edge runs; on its own host, by published port."""
    picture = join.picture
    if source is not None:
        target = picture.called(source, host)
        if target is not None:
            yield target
        return
    if host in ("localhost", "127.0.0.1", "::1"):
        for node, ports in picture.ports.items():
            if any(p.host_port.known(0) == port for p in ports):
                yield node
        return
    yield from join.by_host.get(host, ())

"""Facts joined into one picture: from the internet, over published ports and edges, to what stands behind.

A *node* is a workload of one orchestration file in one context: a base file is what production runs with one overlay, and
what developers run with another. A configuration file belongs to the node that mounts it or is built from the folder that
holds it, and a block of it is reached by the ports that it listens on. Hops are upstreams and connection strings that name
another node of the same scope: its project, or the manifests that are applied with it.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from batten import facts
from batten.controls.images import moves, of_somebody
from batten.engine.contexts import ContextOf, Contexts
from batten.model import ABSENT, UNKNOWN, Context, Location, Setting, Switch
from batten.model.record import record

Node: TypeAlias = tuple[str, str, Context]  # (orchestration file, workload name, what it is for)
HOST = "the host's network"
OWN_HOST = "this host only"  # how reports begin the way to what is published on loopback
LOOPBACK = ("127.", "::1", "[::1]", "localhost")
_TAG = re.compile(r"(?::[^:/]*)?(?:@.*)?$")
HEAD = re.compile(r"\w+\[[^\]]+\]")  # the pointer of a workload: services[api], Deployment[api]
_LISTENS = re.compile(r"/(?:listen|bind)\[")  # the part of a block that makes it a listener
# Facts whose danger depends on who can send them a packet. A secret in a file is as bad anywhere.
NETWORKED = (
    facts.AccessLog,
    facts.AccessRule,
    facts.AppRoute,
    facts.AppSettings,
    facts.Banner,
    facts.Cookie,
    facts.CorsPolicy,
    facts.Feature,
    facts.KnownFlaws,
    facts.Limits,
    facts.Listener,
    facts.LoginRule,
    facts.PublishedPort,
    facts.ResponseHeaders,
    facts.Route,
    facts.Store,
    facts.Upstream,
    facts.WebRoot,
    facts.Workload,
)


@record
class Reach:
    """Who can get at a thing: `public` when an outsider can, None when nothing says how it runs; and the way there,
    outermost first."""

    public: bool | None
    path: tuple[str, ...]


@dataclass(slots=True)
class Picture:
    """Workloads, what they publish, which files are theirs, and who talks to whom."""

    of: ContextOf = field(default_factory=lambda: Contexts().of)
    workloads: dict[Node, facts.Workload] = field(default_factory=dict)
    heads: dict[tuple[str, str, Context | None], Node] = field(
        default_factory=dict
    )  # (file, pointer, context) -> its workload; without a context the first, which is production's if any is
    names: dict[tuple[str, str], Node] = field(default_factory=dict)  # (scope, host name) -> its workload
    ports: dict[Node, list[facts.PublishedPort]] = field(default_factory=dict)
    doors: dict[tuple[Node, int], facts.PublishedPort] = field(
        default_factory=dict
    )  # by port in the container, 0 for any: the first that is published to others, else the first
    listening: dict[tuple[Node, str], set[int]] = field(
        default_factory=dict
    )  # by a block's pointer, the ports that it listens on; 0 for one that is not known
    files: dict[str, Node] = field(default_factory=dict)  # mounted file or folder -> its workload
    hops: dict[Node, list[tuple[Node, str]]] = field(default_factory=dict)  # to, how
    ways: dict[Node, tuple[str, ...]] = field(default_factory=dict)  # from the internet to each node
    images: dict[str, str] = field(default_factory=dict)  # a file that builds an image -> its name
    apart: dict[str, list[str]] = field(
        default_factory=dict
    )  # folder -> its files that build images or run pods: no part of what is built from a folder above it
    aside: set[str] = field(default_factory=set)  # what workloads outside of production mount

    def node(self, fact: facts.Fact) -> Node | None:
        """The workload that a fact is about, if any."""
        if not self.heads and not self.files:
            return None
        source = fact.at.source
        head = HEAD.match(fact.at.pointer)
        if head and (source, head[0], None) in self.heads:
            own = self.heads.get((source, head[0], self.of(fact.at)))
            return own or self.heads[source, head[0], None]
        place = source
        while place:
            if place in self.files:
                return self.files[place]
            place = place.rpartition("/")[0]
            if place and place not in self.files and place in self.apart:
                return next((self.files[path] for path in self.apart[place] if path in self.files), None)
        return self.files.get("")

    def called(self, source: Node, host: str) -> Node | None:
        """The workload that answers to a host name where another one runs."""
        return self.names.get((_home(self.workloads[source]), host))

    def reach(self, fact: facts.Fact) -> Reach | None:
        """None when nothing says who can reach it: then the worst is assumed."""
        # Whether it is a package that is malicious itself: it runs where it is installed, reachable or not.
        if not isinstance(fact, NETWORKED) or (
            isinstance(fact, facts.KnownFlaws) and any(flaw.malicious for flaw in fact.flaws)
        ):
            return None
        node = self.node(fact)
        if node is None:
            image = self.images.get(fact.at.source)
            return Reach(None, ("clients of the container", image)) if image else None
        own = next((p for p in self.ports.get(node, ()) if p.at == fact.at), None)
        if own is not None:
            return _by(own, node)
        wanted = self._wanted(node, fact)
        found = [door for number in wanted if (door := self.doors.get((node, number))) is not None]
        if found:
            return _by(next((port for port in found if not _loopback(port)), found[0]), node)
        if (node, 0) in self.doors and not isinstance(fact, (facts.LoginRule, facts.Store)):
            return self._closed(node, fact, wanted)
        if _of_host(self.workloads[node]):
            # Reach of what listens on its host. That a container shares the host's network does not show that it
            # listens.
            if _private(fact):
                return Reach(False, (OWN_HOST, node[1]))
            if isinstance(fact, facts.Workload):
                return Reach(None, (HOST, node[1]))
            return Reach(True, ("internet", HOST, node[1]))
        way = self.ways.get(node)
        if way is None:
            return Reach(False, ("its own networks only", node[1]))
        return Reach(not isinstance(fact, (facts.LoginRule, facts.Store)), way)

    def _wanted(self, node: Node, fact: facts.Fact) -> tuple[int, ...]:
        """The ports that lead to a fact: its own, or those of the block that it is in; 0 for any."""
        if isinstance(fact, (facts.Listener, facts.Store)):
            return (fact.port.known(0),)
        pointer = fact.at.pointer
        while pointer:
            known = self.listening.get((node, pointer))
            if known:
                return (0,) if 0 in known else tuple(sorted(known))
            pointer = pointer.rpartition("/")[0]
        return (0,)

    def _closed(self, node: Node, fact: facts.Fact, wanted: tuple[int, ...]) -> Reach | None:
        """Reach by ports that the node does not publish. A file that is only beside what the node is built from may well
        run elsewhere."""
        workload, source = self.workloads[node], fact.at.source
        mounted = any(m.path and f"{source}/".startswith(f"{m.path.rstrip('/')}/") for m in workload.mounts)
        if not (mounted or workload.edge or source == node[0]):
            return None
        many = "ports" if len(wanted) > 1 else "port"
        numbers = " and ".join(map(str, wanted))
        verb = "are" if len(wanted) > 1 else "is"
        return Reach(False, (f"{many} {numbers}, which {verb} not published", node[1]))


def _by(port: facts.PublishedPort, node: Node) -> Reach:
    if _loopback(port):
        return Reach(False, (OWN_HOST, _published(port), node[1]))
    return Reach(True, ("internet", _published(port), node[1]))


def _of_host(workload: facts.Workload) -> bool:
    """Whether it listens on its host, as all that runs there does: it publishes no port, and needs to publish none."""
    shared = (one.known(Switch.HOST_PID) for one in workload.host_namespaces)
    return not workload.scope and Switch.HOST_NETWORK in shared


def _private(fact: facts.Fact) -> bool:
    """Whether a thing listens on loopback addresses only."""
    match fact:
        case facts.Listener():
            addresses = [fact.address.known("")]
        case facts.Store():
            addresses = list(fact.addresses.value) if isinstance(fact.addresses.value, tuple) else []
        case _:
            return False
    return bool(addresses) and all(address.startswith(LOOPBACK) for address in addresses)


def _home(workload: facts.Workload) -> str:
    """What the names of its neighbours are unique in."""
    return workload.scope or "\n".join(workload.project) or workload.at.source


def link(given: Iterable[facts.Fact], of: ContextOf | None = None) -> Picture:
    """The picture that a run's declared given make. What runs in production is not reached, and owns no file, by way of
    what does not: a tool of developers that publishes a port says nothing of the deployed API."""
    kept = list(given)
    picture = Picture(of) if of is not None else Picture()
    for path in {f.at.source for f in kept if isinstance(f, facts.Workload) and (f.scope or _built(f))}:
        picture.apart.setdefault(path.rpartition("/")[0], []).append(path)
    workloads = [f for f in kept if isinstance(f, facts.Workload) and not _built(f)]
    workloads = [w for w in workloads if HEAD.fullmatch(w.at.pointer)]
    picture.images = {f.at.source: f.name for f in kept if isinstance(f, facts.Workload) and _built(f)}
    for workload in sorted(workloads, key=lambda w: not _deployed(w.at, picture)):
        _place(workload, picture)
    for fact in kept:
        if isinstance(fact, facts.Listener):
            # Notes the port of a block that listens. A socket in the file system has none.
            node = picture.node(fact)
            if node is not None and not fact.address.known("").startswith(("unix", "/")):
                listens = _LISTENS.search(fact.at.pointer) if fact.at.pointer.endswith("]") else None
                block = fact.at.pointer[: listens.start()] if listens is not None else fact.at.pointer
                picture.listening.setdefault((node, block), set()).add(fact.port.known(0))
        elif isinstance(fact, facts.Upstream):
            _hop(fact, fact.host, "", picture)
        elif isinstance(fact, facts.ConnectionString):
            _hop(fact, fact.host, fact.scheme, picture)
    _spread(picture)
    return picture


def _built(workload: facts.Workload) -> bool:
    """Whether it is of an image alone: what runs the image decides who reaches it."""
    return workload.dockerfile == workload.at.source


def _deployed(at: Location, picture: Picture) -> bool:
    return picture.of(at) is Context.PRODUCTION


def superseded(given: Iterable[facts.Fact], of: ContextOf, readers: dict[int, str]) -> list[facts.Fact]:
    """Facts without the stores that another fact of the same context describes more fully: a redis.conf read alone, when
    a Compose service runs it with options of its own. Where what runs it is of another context, whether it asks for a login is
    only unknown. `readers` is told who read the facts, by their ids."""
    kept = list(given)
    stores = [f for f in kept if isinstance(f, facts.Store)]
    merged = {(path, of(f.at)) for f in stores for path in f.configured_by if path != f.at.source}
    asking = {
        path
        for f in stores
        if f.authentication.known(False)
        for path in f.configured_by
        if path != f.at.source
    }
    found: list[facts.Fact] = []
    for fact in kept:
        if isinstance(fact, facts.Store) and (fact.at.source, of(fact.at)) in merged:
            continue
        alone = isinstance(fact, facts.Store) and fact.at.source in asking
        if isinstance(fact, facts.Store) and alone and fact.authentication.value is ABSENT:
            new = replace(fact, authentication=Setting(UNKNOWN, fact.authentication.at))
            if id(fact) in readers:
                readers[id(new)] = readers.pop(id(fact))
            found.append(new)
        else:
            found.append(fact)
    return found


def decided(given: Iterable[facts.Fact], readers: dict[int, str]) -> list[facts.Fact]:
    """Facts in which whom an image runs as is unknown where every workload that runs it says so itself: `runAsUser` of a
    manifest is stronger than USER of a Dockerfile. `readers` is told who read them, by their ids."""
    kept = list(given)
    workloads = [f for f in kept if isinstance(f, facts.Workload)]
    builds = [w for w in workloads if _built(w)]
    running = [w for w in workloads if w.image.known("") and not w.theirs and not w.dockerfile]
    runners = _runners(builds, running)
    settled = (b for b in builds if _all_settled(runners(b)))
    changed = {id(b): replace(b, user=Setting(UNKNOWN, b.user.at)) for b in settled}
    readers.update({id(new): readers.pop(old) for old, new in changed.items() if old in readers})
    return [changed.get(id(fact), fact) for fact in kept]


_MOST, _MANY = 0.6, 3  # of the images: whoever names no version of so many means it
_OFTEN, _SEVERAL = 0.3, 8  # whoever names none of so many updates them so


def accustomed(given: Iterable[facts.Fact], readers: dict[int, str], of: ContextOf) -> list[facts.Fact]:
    """Facts in which images without a version are `usual` where most images of their context have none, and `frequent` where many
    have none. `readers` is told who
    read them, by their ids."""
    kept = list(given)
    kept, own = _built_here(kept)
    readers.update({id(new): readers.pop(old) for old, new in own.items() if old in readers})
    named: dict[Context, set[str]] = {}
    loose: dict[Context, set[str]] = {}
    for image in (f for f in kept if isinstance(f, facts.Image) and of_somebody(f)):
        context = of(image.at)
        named.setdefault(context, set()).add(image.name)
        if moves(image):
            loose.setdefault(context, set()).add(image.name)
    usual = {c for c, names in loose.items() if len(names) >= max(_MANY, _MOST * len(named[c]))}
    frequent = {c for c, names in loose.items() if len(names) >= max(_SEVERAL, _OFTEN * len(named[c]))}
    changed = {
        id(f): replace(f, usual=of(f.at) in usual, frequent=of(f.at) in frequent)
        for f in kept
        if isinstance(f, facts.Image) and moves(f) and of(f.at) in usual | frequent
    }
    readers.update({id(new): readers.pop(old) for old, new in changed.items() if old in readers})
    return [changed.get(id(fact), fact) for fact in kept]


_FAMILY = 3  # images of one registry's folder that are named like folders with a Dockerfile


def _built_here(given: list[facts.Fact]) -> tuple[list[facts.Fact], dict[int, facts.Fact]]:
    """Facts in which images that Dockerfiles of the repository build are `built_here`: several of one folder of a registry, each
    with the name of a folder that has a Dockerfile, none of which is built on the image of its own name. And the new facts by
    the ids of the old ones."""
    images = [f for f in given if isinstance(f, facts.Image) and "/" in f.name]
    folders = {
        posixpath.basename(posixpath.dirname(w.dockerfile)): w.dockerfile
        for w in given
        if isinstance(w, facts.Workload) and _built(w)
    }
    upstream = {f.name for f in images if folders.get(posixpath.basename(f.name)) == f.at.source}
    families: dict[str, set[str]] = {}
    for image in images:
        family, _, name = image.name.rpartition("/")
        if name in folders and image.name not in upstream:
            families.setdefault(family, set()).add(name)
    own = {
        f"{family}/{name}" for family, names in families.items() if len(names) >= _FAMILY for name in names
    }
    changed = {id(f): replace(f, built_here=True) for f in images if f.name in own}
    return [changed.get(id(fact), fact) for fact in given], dict(changed)


def _runners(
    builds: list[facts.Workload], running: list[facts.Workload]
) -> Callable[[facts.Workload], list[facts.Workload]]:
    """What runs the image of a Dockerfile: that whose image is named like its folder; of a single Dockerfile, all that is
    no product of others."""
    if len({b.at.source for b in builds}) == 1:
        return lambda _: running
    named: dict[str, list[facts.Workload]] = {}
    for workload in running:
        name = _TAG.sub("", workload.image.known("")).rpartition("/")[2]
        named.setdefault(name, []).append(workload)
    return lambda build: named.get(build.at.source.rpartition("/")[0].rpartition("/")[2], [])


def _all_settled(running: list[facts.Workload]) -> bool:
    return bool(running) and all(_settled(w) for w in running)


def _settled(workload: facts.Workload) -> bool:
    """Whether it says itself that it does not run as root."""
    refused, user = workload.root_refused, workload.user
    named = user.known("").partition(":")[0] if user.written or user.default is not UNKNOWN else ""
    return named not in ("", "0", "root") or (refused is not None and refused.known(False) is True)


def _place(workload: facts.Workload, picture: Picture) -> None:
    if workload.scope and not (workload.aliases or workload.ports or workload.entrances):
        return  # what lets callers in to a pod may well be written elsewhere
    context = picture.of(workload.at)
    node = (workload.at.source, workload.name, context)
    picture.workloads[node] = workload
    for source in (workload.at.source, *workload.project):
        for key in (context, None):
            picture.heads.setdefault((source, workload.at.pointer, key), node)
    for name in (workload.name, *workload.aliases) if not workload.scope else workload.aliases:
        picture.names.setdefault((_home(workload), name), node)
    deployed = _deployed(workload.at, picture)
    ports = [p for p in workload.ports if not deployed or _deployed(p.at, picture)]
    picture.ports[node] = ports
    for port in ports:
        for wanted in {0, port.container_port}:
            known = picture.doors.get((node, wanted))
            if known is None or (_loopback(known) and not _loopback(port)):
                picture.doors[node, wanted] = port
    for path in _files(workload):
        if deployed or not _deployed(Location(path, ""), picture):
            picture.files.setdefault(path, node)
    if not deployed:
        picture.aside.update(mount.path.rstrip("/") for mount in workload.mounts if mount.path)


def _files(workload: facts.Workload) -> Iterator[str]:
    """What it mounts and what it is built from."""
    yield from (mount.path.rstrip("/") for mount in workload.mounts if mount.path)
    if workload.build_context:
        yield "" if workload.build_context == "." else workload.build_context
    if workload.dockerfile:
        yield workload.dockerfile


def _hop(fact: facts.Fact, host: str, how: str, picture: Picture) -> None:
    source = picture.node(fact)
    if source is None:
        return
    target = picture.called(source, host)
    if target is not None and target != source:
        # Whether two workloads share a network; workloads without any are on the file's default one.
        first, second = (set(picture.workloads[n].networks) or {"default"} for n in (source, target))
        if bool(first & second):
            picture.hops.setdefault(source, []).append((target, how))


def _spread(picture: Picture) -> None:
    """Breadth first from what is published, so each way is a shortest one."""
    pending: deque[Node] = deque()
    listens = {node for node, _ in picture.listening}
    open_to_host = {n for n, w in picture.workloads.items() if _of_host(w) and (w.edge or n in listens)}
    for node, ports in picture.ports.items():
        public = [p for p in ports if not _loopback(p)]
        if public:
            picture.ways[node] = ("internet", _published(public[0]), node[1])
            pending.append(node)
        elif node in open_to_host:
            picture.ways[node] = ("internet", HOST, node[1])
            pending.append(node)
        elif picture.workloads[node].entrances:
            picture.ways[node] = ("internet", picture.workloads[node].entrances[0], node[1])
            pending.append(node)
    while pending:
        node = pending.popleft()
        for target, _ in picture.hops.get(node, ()):
            if target not in picture.ways and _leads(node, target, picture):
                picture.ways[target] = (*picture.ways[node], target[1])
                pending.append(target)


def _leads(source: Node, target: Node, picture: Picture) -> bool:
    here, there = (picture.workloads[node].at for node in (source, target))
    return _deployed(here, picture) or not _deployed(there, picture)


def _loopback(port: facts.PublishedPort) -> bool:
    return port.host_address.known("0.0.0.0").startswith(LOOPBACK)


def _published(port: facts.PublishedPort) -> str:
    address = port.via or port.host_address.known("0.0.0.0")
    number = port.host_port.known(0)
    return f"{address}:{number or '?'}"

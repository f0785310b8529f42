"""What a file about one server cannot say and the whole chain of servers shows: what each place serves, TLS that ends before
a listener, hosts that the application behind an edge checks, guessing that it holds up."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from batten import facts
from batten.engine.content import Join, behind, joined, told
from batten.engine.link import OWN_HOST, Node, Picture
from batten.facts import Content, Trait
from batten.model import ABSENT, UNKNOWN, Context, Kind, Location, Setting, Switch
from batten.model.record import changed
from batten.policy import Policy
from batten.technologies.shared.containers.mounts import above_root

# How products are told that a server in front of them ends TLS.
_TLS_BEFORE = {
    # https://docs.nextcloud.com/server/latest/admin_manual/configuration_server/reverse_proxy_configuration.html
    "OVERWRITEPROTOCOL": re.compile("https"),
    # https://www.keycloak.org/server/reverseproxy
    "KC_PROXY": re.compile("edge"),
    "KC_PROXY_HEADERS": re.compile("xforwarded|forwarded"),
    "KC_HOSTNAME": re.compile("https://.+"),
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#root_url
    "GF_SERVER_ROOT_URL": re.compile("https://.+"),
    # https://docs.gitea.com/administration/config-cheat-sheet: ROOT_URL
    "GITEA__server__ROOT_URL": re.compile("https://.+"),
}
_DOOR = re.compile(r"(?:Ingress|Gateway)\[")
_MAP = re.compile(r"ConfigMap\[")


def _never(path: str) -> bool:
    return False


def with_chains(
    given: Iterable[facts.Fact],
    picture: Picture,
    policy: Policy,
    does: frozenset[str | Trait] = frozenset(),
    mounted: frozenset[str] = frozenset(),
    copied: Callable[[str], bool] = _never,
) -> list[facts.Fact]:
    """The facts, with what others show filled in. `does` is what applications of the tree send and do, `mounted` are files
    that a kustomization puts into pods, and `copied` says of a file whether a build copies it into an image."""
    kept = list(given)
    if not any(
        isinstance(f, (facts.ResponseHeaders, facts.Listener, facts.Limits, facts.Store)) for f in kept
    ):
        return kept
    join = joined(kept, picture, policy, does)
    return [_in_own_image(_completed(fact, join, mounted), picture, copied) for fact in kept]


def _completed(fact: facts.Fact, join: Join, mounted: frozenset[str]) -> facts.Fact:
    if isinstance(fact, facts.ResponseHeaders):
        return told(fact, join)
    if fact.at.kind is Kind.WIRE:
        return fact
    match fact:
        case facts.Listener(http=True, tls_before=None) if fact.tls.known(None) is False:
            before, inside = _before(fact, join, mounted)
            return changed(fact, tls_before=before, inside=inside)
        case facts.Listener(http=True, inside=facts.INSIDE_CLUSTER) if _only_by_edges(join):
            return changed(fact, tls_before=Setting(True, fact.at))
        case facts.Store(service="", published=False) if _within_container(fact.at, join.picture, mounted):
            return changed(fact, contained=True)
        case facts.Feature(name=Switch.HOST_CHECK) if fact.on.known(True) is False:
            checked = _in_pod(fact.at, join.picture, mounted) or _all(fact.at, Trait.HOSTS_CHECKED, join)
            return changed(fact, on=Setting(UNKNOWN, fact.on.at)) if checked else fact
        case facts.Limits(rate=Setting(value=value)) if value is ABSENT:
            return changed(fact, rate=None) if _all(fact.at, Trait.LOGINS_LIMITED, join) else fact
        case _:
            return fact


def _in_own_image(fact: facts.Fact, picture: Picture, copied: Callable[[str], bool]) -> facts.Fact:
    """A store whose file is copied into an image listens on the interfaces of a container, of which no file here says that it
    publishes a port."""
    if not isinstance(fact, facts.Store) or fact.service or fact.published or fact.at.kind is Kind.WIRE:
        return fact
    if not copied(fact.at.source) or any(_publishes(fact.at.source, w) for w in picture.workloads.values()):
        return fact
    return changed(fact, contained=True, unpublished=True)


def _publishes(source: str, workload: facts.Workload) -> bool:
    """Whether a workload that publishes ports may be built with the file."""
    folders = (workload.build_context, posixpath.dirname(workload.dockerfile))
    built = bool(workload.build_context or workload.dockerfile)
    return (
        built and bool(workload.ports) and any(f in ("", ".") or source.startswith(f"{f}/") for f in folders)
    )


def _all(at: Location, trait: Trait, join: Join) -> bool:
    """Whether what is behind every way through a place has a trait."""
    ways = [one for one in behind(at, join.sites[at.source], join) if one.content is not Content.ASSET]
    outer = _around(at.pointer) if not ways else ""
    if outer:
        return _all(Location(at.source, outer), trait, join)
    return bool(ways) and all(trait in one.does for one in ways)


def _around(pointer: str) -> str:
    """The pointer of the block around: without the last name, and what brackets say of it; "" when there is none."""
    if not pointer.endswith("]"):
        above, _, name = pointer.rpartition("/")
        return "" if not name or "[" in name or "]" in name else above
    lowest, end = pointer.rfind("]", 0, -1) + 1, pointer.rfind("[") + 1
    while (at := pointer.rfind("/", lowest, end)) > 0:
        if pointer.find("[", at + 1, end) > at + 1:
            return pointer[:at]
        end = at
    return ""


_WEB = frozenset((0, 80, 443))  # ports that browsers use by themselves; 0: not known


def _before(
    listener: facts.Listener, join: Join, mounted: frozenset[str]
) -> tuple[Setting[bool] | None, str]:
    """Whether TLS ends before a plain listener (None where nothing says so, UNKNOWN where it is likely), and within what it
    answers where clients from outside do not reach it by themselves."""
    site, picture = join.sites[listener.at.source], join.picture
    reach = picture.reach(listener)
    if reach is not None and reach.path[:1] == (OWN_HOST,):
        return Setting(True, listener.at), ""  # clients from outside come through another server
    if site.ends_tls:
        return None, ""  # the server ends TLS itself
    shown = next(_told_before(picture.node(listener), picture), None)
    if shown is not None:
        return Setting(True, shown), ""
    if _all(listener.at, Trait.TLS_BEFORE, join):
        return Setting(True, listener.at), ""
    if _in_pod(listener.at, picture, mounted):
        return Setting(True if _only_by_edges(join) else UNKNOWN, listener.at), facts.INSIDE_CLUSTER
    node = picture.node(listener)
    if node is None and _in_image(listener.at.source, picture):
        return Setting(UNKNOWN, listener.at), "in a container that nothing here publishes"
    if node is None:
        # Whether a file is one of some files and folders, or below one.
        source = listener.at.source
        while source and source not in picture.aside:
            source = source.rpartition("/")[0]
        if bool(source):
            return Setting(UNKNOWN, listener.at), ""
    if node is None and _DOOR.match(listener.at.pointer) is None:
        # Whether the repository deploys containers, and no file of it ends TLS: what runs a plain server is not
        # known.
        containers_picture = join.picture
        in_containers = bool(containers_picture.workloads or containers_picture.images) and not any(
            site.ends_tls for site in join.sites.values()
        )
        if in_containers:
            return Setting(UNKNOWN, listener.at), ""
    door = picture.doors.get((node, listener.port.known(0))) if node is not None else None
    ports = [port.host_port.known(0) for port in picture.ports.get(node, ())] if node is not None else []
    if door is not None and _WEB.isdisjoint(ports):
        return Setting(UNKNOWN, listener.at), ""
    return None, ""


def _within_container(at: Location, picture: Picture, mounted: frozenset[str]) -> bool:
    """Whether a file configures a program of a container: every interface is the container's own."""
    if at.source in mounted or _MAP.match(at.pointer):
        return True
    return bool(at.source) and any(
        posixpath.dirname(path) == posixpath.dirname(at.source) for path in picture.images
    )


def _in_image(source: str, picture: Picture) -> bool:
    """Whether a Dockerfile that no workload here builds from is in the file's folder, in the one above it, or above the tree of an
    image's root that the file is in (`rootfs/etc/nginx/nginx.conf`)."""
    above = above_root(source)
    if above is not None and any(posixpath.dirname(path) == above for path in picture.images):
        return True
    folder = posixpath.dirname(source)
    folders = {folder, posixpath.dirname(folder)} - ({""} if folder else set())
    return any(posixpath.dirname(path) in folders for path in picture.images)


def _told_before(node: Node | None, picture: Picture) -> Iterator[Location]:
    """Where the workload, or one that it forwards to, is told that a server in front ends TLS."""
    if node is None:
        return
    for one in (node, *(target for target, _ in picture.hops.get(node, ()))):
        for name, value in picture.workloads[one].environment.items():
            expected = _TLS_BEFORE.get(name)
            if expected is not None and expected.fullmatch(value.known("").lower()):
                yield value.at


def _in_pod(at: Location, picture: Picture, mounted: frozenset[str]) -> bool:
    if at.source in mounted or _MAP.match(at.pointer):
        return True
    return any(w.scope and w.at.source == at.source for w in picture.workloads.values())


def _only_by_edges(join: Join) -> bool:
    """Whether what lets outsiders in to the cluster in production is an Ingress or a Gateway, of which the same is asked,
    and nothing else."""
    production = join.picture.of
    doors = [
        one
        for site in join.sites.values()
        for one in site.listeners
        if _DOOR.match(one.at.pointer) and production(one.at) is Context.PRODUCTION
    ]
    published = any(
        port.via
        and {production(port.at), production(join.picture.workloads[node].at)} == {Context.PRODUCTION}
        for node, ports in join.picture.ports.items()
        for port in ports
    )
    return bool(doors) and not published

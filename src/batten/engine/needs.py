"""What a deployment needs, as a reviewed folder shows it: the application, its port, its stores and its edge, by the flows that
reach joins. What the folder does not show is named with the option that says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from batten import facts
from batten.engine.hardening.asked import Asked
from batten.engine.link import Node, Picture, link
from batten.engine.review import Review
from batten.harden.stack import APPLICATION, EDGE, STORES
from batten.harden.targets import EDGES
from batten.model import Context
from batten.model.record import record

_PINNED = re.compile(r"[a-z0-9][\w.:/-]{0,255}@sha256:[0-9a-f]{64}", re.ASCII)


@record(kw_only=True)
class Wanted:
    """What the user says of the folder: the service that is the API ("": the folder shows it), stores that stay where they
    are, and the parameters of the command line that were given, which the folder does not change."""

    application: str = ""
    left_out: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()


@record(kw_only=True)
class Needs:
    """`missing` are sentences about what must be said first; where there are any, `asked` is not whole."""

    asked: Asked
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Site:
    """The workloads of production, and what was said of them so far."""

    review: Review
    picture: Picture
    nodes: list[Node]
    stores: dict[Node, facts.Store]
    edges: list[Node]
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def needs(review: Review, asked: Asked, wanted: Wanted) -> Needs:
    """The words of a deployment, completed by what the folder shows."""
    site = _site(review)
    node = _application(site, wanted)
    if node is None:
        return Needs(asked=asked, notes=tuple(site.notes), missing=tuple(site.missing))
    given = wanted.named
    stores = {} if "stores" in given else _stores(site, node, wanted)
    port = asked.app_port if "app_port" in given else _port(site, node)
    if "edge" in given:
        edge = asked.edge
    else:
        # The engine that forwards to the application today, where batten renders it.
        used = {
            site.review.readers.get(id(fact), "")
            for fact in site.review.facts
            if isinstance(fact, facts.Upstream) and site.picture.node(fact) in site.edges
        }
        known = sorted(used & set(EDGES))
        if len(known) == 1:
            edge = known[0]
        else:
            if used:
                site.notes.append(f"the edge is rendered for {asked.edge}; --edge chooses another one")
            edge = asked.edge
    images = dict(_images(site, node, stores, edge)) | asked.images
    # What the folder has and the deployment has not.
    workload = site.picture.workloads[node]
    unused = [n[1] for n in site.stores if n not in stores and n in site.nodes]
    if unused:
        site.notes.append(
            f"not rendered, since nothing shows that `{node[1]}` uses it: {_names(unused)}; --store adds one"
        )
    rest = [n[1] for n in site.nodes if n not in (node, *site.edges, *site.stores)]
    if rest:
        site.notes.append(f"not rendered, since a deployment has one application: {_names(rest)}")
    kept = [
        m.target
        for m in workload.mounts
        if m.kind in ("volume", "bind") and m.read_only.known(False) is False
    ]
    if kept:
        site.notes.append(f"`{node[1]}` writes to {_names(kept)}, which the deployment does not keep")
    if workload.environment:
        site.notes.append(
            f"`{node[1]}` has variables that are not rendered: {_names(list(workload.environment))}"
        )
    made = msgspec.structs.replace(
        asked,
        app_port=port,
        edge=edge,
        images=images,
        stores=asked.stores or tuple(f"{site.stores[one].product}={name}" for one, name in stores.items()),
    )
    return Needs(asked=made, notes=tuple(site.notes), missing=tuple(site.missing))


def _site(review: Review) -> _Site:
    picture = link(review.facts, review.contexts.of)
    nodes = [node for node in picture.workloads if node[2] is Context.PRODUCTION]
    stores: dict[Node, facts.Store] = {}
    for fact in review.facts:
        node = picture.node(fact) if isinstance(fact, facts.Store) else None
        if isinstance(fact, facts.Store) and node in nodes:
            stores.setdefault(node, fact)
    forward = {picture.node(f) for f in review.facts if isinstance(f, facts.Upstream)}
    edges = [n for n in nodes if n not in stores and (picture.workloads[n].edge or n in forward)]
    return _Site(review=review, picture=picture, nodes=nodes, stores=stores, edges=edges)


def _application(site: _Site, wanted: Wanted) -> Node | None:
    others = [n for n in site.nodes if n not in site.stores]
    if wanted.application:
        found = [n for n in others if n[1] == wanted.application]
    else:
        # What edges forward to; where no edge does, all that is no product of others.
        workloads = site.picture.workloads
        own = [n for n in others if n not in site.edges and not workloads[n].theirs and not workloads[n].once]
        led = {target for edge in site.edges for target, _ in site.picture.hops.get(edge, ())}
        found = [n for n in own if n in led] or own
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted({n[1] for n in found or others}))
    if not others:
        site.missing.append(
            "the folder has no workload in production files; name a folder with a Compose file or manifests, or omit --from"
        )
    elif wanted.application:
        many = "is more than one workload" if found else "is not a workload of the folder"
        site.missing.append(f"`{wanted.application}` {many}; it has {names}")
    else:
        site.missing.append(f"which service is the API is not known; pass --application with one of {names}")
    return None


def _stores(site: _Site, node: Node, wanted: Wanted) -> dict[Node, str]:
    """The stores that the application uses, by the name that it calls them by."""
    found: dict[Node, str] = {}
    for target, name in _called(site, node):
        store = site.stores.get(target)
        if store is None or target in found:
            continue
        if {name, target[1]} & wanted.left_out:
            site.notes.append(f"`{target[1]}` is left out: give the application a way to it")
        elif store.product in STORES:
            found[target] = name
        else:
            site.missing.append(
                f"`{target[1]}` is {store.product}, which batten does not render; pass --leave-out {target[1]} to keep it"
            )
    return found


def _called(site: _Site, node: Node) -> Iterator[tuple[Node, str]]:
    """Workloads that another one connects to or waits for, with their names there."""
    picture = site.picture
    for fact in site.review.facts:
        if isinstance(fact, facts.ConnectionString) and picture.node(fact) == node:
            target = picture.called(node, fact.host)
            if target is not None:
                yield target, fact.host.partition(".")[0]
    for name in picture.workloads[node].depends_on:
        target = picture.called(node, name)
        if target is not None:
            yield target, name


def _port(site: _Site, node: Node) -> int:
    """Where the application listens: where others connect to it, else what it publishes or offers."""
    picture, name = site.picture, node[1]
    used, offered = set(), set()
    for fact in site.review.facts:
        if isinstance(fact, (facts.Upstream, facts.ConnectionString)) and fact.port:
            source = picture.node(fact)
            if source is not None and picture.called(source, fact.host) == node:
                used.add(fact.port)
        elif isinstance(fact, facts.PublishedPort) and picture.node(fact) == node:
            offered.add(fact.container_port)
    found = sorted(used or offered)
    if len(found) != 1:
        told = f"may be {' or '.join(map(str, found))}" if found else "is not known"
        site.missing.append(f"the port of `{name}` {told}; pass --app-port PORT")
    return found[0] if found else 0


def _images(site: _Site, node: Node, stores: dict[Node, str], edge: str) -> Iterator[tuple[str, str]]:
    """Images that the folder names by digest, by part."""
    parts = {node: APPLICATION, **stores}
    if len(site.edges) == 1 and edge in site.picture.workloads[site.edges[0]].image.known(""):
        parts[site.edges[0]] = EDGE
    for one, part in parts.items():
        image = site.picture.workloads[one].image.known("")
        if _PINNED.fullmatch(image):
            yield part, image


def _names(found: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(found))

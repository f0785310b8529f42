"""What files declare and what was seen live, joined by cause: the same weakness, of the service that answers there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from batten.engine.alike import alike
from batten.engine.contexts import ContextOf
from batten.engine.link import Node, Picture, link
from batten.facts import Fact, Listener
from batten.live.scope import places
from batten.model import Context, Finding, Location, RemoveHeader, SetHeader, Severity, Twin
from batten.model.record import record

_OWN = 2  # the least rank of what is of the service for sure
MOST = 3  # findings of the other side that one names
_LISTENS = re.compile(r"/(?:listen|bind)\[.*\]$")  # the part of a block that makes it a listener
_PATH = re.compile(r"\b[Ll]ocation\[[=~^* ]*(/[^\]]*?)/?\]")  # of a block inside a server
_ASKED = re.compile(r"^[A-Z]+ (/[^ ?]*)")


@record
class Door:
    """A block of a file that listens: its ports are those inside a container, where it runs in one."""

    source: str
    block: str
    port: int
    tls: bool
    names: tuple[str, ...]
    node: Node | None
    at: Location


@record
class Answering:
    """Who answers at an address, as files declare it: the blocks that listen there, the workloads that they are of, and
    those that requests go on to. `known` is False where no file says who."""

    blocks: frozenset[tuple[str, str]] = frozenset()
    nodes: frozenset[Node] = frozenset()
    behind: frozenset[Node] = frozenset()
    sure: bool = False  # they serve the host by its name, or any, or publish the port

    @property
    def known(self) -> bool:
        return bool(self.blocks or self.nodes)

    @property
    def files(self) -> frozenset[str]:
        return frozenset(source for source, _ in self.blocks)


class Declared:
    """The services that files of production declare."""

    def __init__(self, facts: Iterable[Fact], of: ContextOf) -> None:
        self._facts = [fact for fact in facts if of(fact.at) is Context.PRODUCTION]
        self._of = of
        self._answering: dict[str, Answering] = {}
        self._placed: dict[tuple[str, str], tuple[str | None, Node | None]] = {}

    @cached_property
    def picture(self) -> Picture:
        return link(self._facts, self._of)

    @cached_property
    def doors(self) -> tuple[Door, ...]:
        return tuple(self._door(fact) for fact in self._facts if isinstance(fact, Listener))

    def _door(self, fact: Listener) -> Door:
        block = _LISTENS.sub("", fact.at.pointer)
        tls = fact.tls.known(False)
        return Door(
            fact.at.source, block, fact.port.known(0), tls, fact.names, self.picture.node(fact), fact.at
        )

    def answering(self, address: str) -> Answering:
        if address not in self._answering:
            host, port = next(iter(places(address)), ("", 0))
            published = {
                (node, one.container_port)
                for node, ports in self.picture.ports.items()
                for one in ports
                if one.host_port.known(0) == port
            }
            here = [
                door
                for door in self.doors
                if (door.node, door.port) in published or (not door.node and door.port == port)
            ]
            here = here or [
                door for door in self.doors if host in door.names and door.tls == address.startswith("https:")
            ]
            named = [door for door in here if host in door.names] or here
            sure = bool(published) or any(host in door.names or not door.names for door in named)
            nodes = {node for node, _ in published} | {door.node for door in named if door.node}
            blocks = frozenset((door.source, door.block) for door in named)
            # Every workload that requests go on to from these.
            found: set[Node] = set()
            pending = list(nodes)
            while pending:
                for target, _ in self.picture.hops.get(pending.pop(), ()):
                    if target not in found and target not in nodes:
                        found.add(target)
                        pending.append(target)
            self._answering[address] = Answering(blocks, frozenset(nodes), frozenset(found), sure)
        return self._answering[address]

    @cached_property
    def _blocks(self) -> dict[str, set[str]]:
        """The blocks that listen, by their files."""
        found: dict[str, set[str]] = {}
        for door in self.doors:
            if door.block:
                found.setdefault(door.source, set()).add(door.block)
        return found

    def rank(self, at: Location, there: Answering) -> int:
        """How surely a place is one of the service that answers: 3 in a block that listens there, 2 in its files or behind
        it, 1 where nothing says so, 0 where it is another service's."""
        around, node = self._place(at)
        if around is not None and there.blocks:
            return 3 if (at.source, around) in there.blocks else 0
        if at.source in there.files or (node is not None and node in there.nodes | there.behind):
            return 2
        return 0 if node is not None and there.known else 1

    def _place(self, at: Location) -> tuple[str | None, Node | None]:
        """The block that listens which a place is in, if any, and the workload that it is of."""
        key = (at.source, at.pointer)
        if key not in self._placed:
            blocks = self._blocks.get(at.source, ())
            inside = [b for b in blocks if at.pointer == b or at.pointer.startswith(f"{b}/")]
            self._placed[key] = (max(inside, key=len, default=None), self.picture.node(Fact(at)))
        return self._placed[key]


def joined(findings: Iterable[Finding], declared: Declared | None = None) -> list[Finding]:
    """Findings that point to each other: what was seen live names the place that declares it so, and the declared one where
    it was seen. A test's files declare nothing that runs."""
    kept = list(findings)
    production = [f for f in kept if f.context is Context.PRODUCTION]
    files, live = [f for f in production if not f.environment], [f for f in production if f.environment]
    other: dict[int, list[Finding]] = {}
    by_control: dict[str, list[Finding]] = {}
    for finding in files:
        by_control.setdefault(finding.control, []).append(finding)
    for finding in live:
        chosen = _chosen(finding, by_control, declared)
        other[id(finding)] = chosen
        for one in chosen:
            other.setdefault(id(one), []).append(finding)
    made = [_with_twins(finding, other.get(id(finding), [])) for finding in kept]
    return [_with_door(f, declared) if f.environment and declared is not None else f for f in made]


def _with_door(finding: Finding, declared: Declared) -> Finding:
    """What no file declares, with the one listener that answers there, where that sends what is missing."""
    if finding.twins or not isinstance(finding.remedy, SetHeader | RemoveHeader):
        return finding
    there = declared.answering(finding.at.source)
    doors = [door for door in declared.doors if (door.source, door.block) in there.blocks]
    if not there.sure or len(there.blocks) != 1:
        return finding
    return replace(finding, related=tuple(dict.fromkeys((*finding.related, doors[0].at))))


def _chosen(
    seen: Finding, by_control: Mapping[str, list[Finding]], declared: Declared | None
) -> list[Finding]:
    """The declared findings with its cause that are likeliest of what answers there, the surest first."""
    found = [(one, fit) for one, fit in alike(seen, by_control) if _on_the_way(seen, one)]
    if declared is None:
        return [one for one, _ in found][:MOST]
    there = declared.answering(seen.at.source)
    ranked = [(max(declared.rank(at, there) for at in (one.at, *one.also)), fit, one) for one, fit in found]
    best = max(((rank, fit) for rank, fit, _ in ranked if rank), default=None)
    return [one for rank, fit, one in ranked if (rank, fit) == best][:MOST]


# What every answer, or the handshake, shows: where files declare it and nothing of it is seen, something else runs there.
_VISIBLE = frozenset(
    {
        "banner-hidden", "hsts-sent", "listing-off", "nosniff-sent", "framing-denied", "csp-sent", "referrer-policy-sent",
        "store-authenticated", "tls-ciphers", "tls-required", "tls-version", "trace-disabled",
    }
)  # fmt: skip


@record
class Differences:
    """Between files and an environment: controls that break there and in no file, and places that break a control which
    holds there."""

    undeclared: tuple[str, ...] = ()
    unseen: tuple[Finding, ...] = ()


def differences(
    findings: Iterable[Finding],
    name: str,
    addresses: Iterable[str],
    judged: frozenset[str],
    declared: Declared,
) -> Differences:
    """`findings` are joined ones, `judged` the controls that had something to judge in the environment of this name."""
    kept = [f for f in findings if f.context is Context.PRODUCTION and f.suppression is None]
    live = [f for f in kept if f.environment == name]
    lone = {f.control for f in live if not f.twins and f.severity > Severity.INFO}
    lone -= {f.control for f in live if f.twins}
    broken = {f.control for f in live}
    answering = [there for address in addresses if (there := declared.answering(address)).sure]
    # Whether it is of a service that answers at one of the addresses.
    unseen = (
        f
        for f in kept
        if not f.environment
        and f.severity > Severity.INFO
        and f.control in _VISIBLE & judged - broken
        and any(declared.rank(f.at, there) >= _OWN for there in answering)
    )
    return Differences(tuple(sorted(lone)), tuple(unseen))


def _on_the_way(seen: Finding, one: Finding) -> bool:
    """Whether a block for a path takes any of the paths at which something was seen."""
    path = _PATH.search(one.at.pointer)
    if path is None:
        return True
    asked = (_ASKED.match(at.pointer) for at in (seen.at, *seen.also))
    return (
        any(match is not None and f"{match[1]}/".startswith(f"{path[1]}/") for match in asked)
        or path[1] == ""
    )


def _with_twins(finding: Finding, others: list[Finding]) -> Finding:
    if not others:
        return finding
    twins = tuple(_twin(one) for one in others[:MOST])
    related = tuple(dict.fromkeys((*finding.related, *(one.at for one in others[:MOST]))))
    return replace(finding, related=related, twins=twins)


def _twin(one: Finding) -> Twin:
    line = one.region.line if one.region is not None else 0
    return Twin(one.control, one.at, line=line, environment=one.environment, mend=one.mend)

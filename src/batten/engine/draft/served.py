"""Rows of `content:`: what each host serves."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.draft.evidence import MOST, Find, line_of
from batten.engine.draft.hosts import Hosts
from batten.engine.draft.places import Place, places
from batten.engine.link import link
from batten.engine.review import Review
from batten.facts import Content, of_all
from batten.model.record import record


@record
class Served:
    """Rows that something shows, and hosts of which nothing does."""

    rows: tuple[tuple[Find, Content], ...]
    unknown: tuple[str, ...]


def served(result: Review, hosts: Hosts) -> Served:
    """What the hosts of edges serve. A host that serves one thing on all its paths has one row."""
    found: dict[str, list[Place]] = {}
    for place in places(result.facts, link(result.facts, result.contexts.of), result.policy):
        for name in place.names:
            if name in hosts.found:
                found.setdefault(name, []).append(place)
    rows = [row for name, own in found.items() for row in _rows(name, own, result)]
    told = {row.value.partition("/")[0] for row, _ in rows}
    forwarding = [h.name for h in hosts.found.values() if h.forwards and not h.local]
    return Served(tuple(rows), tuple(name for name in forwarding if name not in told))


def _rows(name: str, every: list[Place], result: Review) -> Iterator[tuple[Find, Content]]:
    """What a host serves over TLS, where it has it: the rest is mostly redirects."""
    own = [place for place in every if place.over_tls] or every
    by_path: dict[str, list[Place]] = {}
    for place in own:
        by_path.setdefault(place.path, []).append(place)
    kinds = {path: of_all(place.content for place in there) for path, there in by_path.items()}
    whole = kinds.get("/", Content.UNKNOWN)
    for path, kind in kinds.items():
        if kind is not Content.UNKNOWN and (path == "/" or kind is not whole):
            shown = [line_of(at, result) for place in by_path[path] for at in (*place.shown, place.at)]
            value = name if path == "/" else name + path.rstrip("/")
            yield Find(value, tuple(dict.fromkeys(shown))[:MOST]), kind

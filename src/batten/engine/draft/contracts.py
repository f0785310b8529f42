"""The contract, and the operations that it declares to be public."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from batten.engine.draft.evidence import Find, deployed, is_shown, joined, line_of
from batten.engine.draft.hosts import Hosts
from batten.engine.review import Review
from batten.facts import Api, Operation, Route
from batten.model import ABSENT
from batten.model.record import record

_HEALTH = re.compile(
    r"(?:.*/)?(?:health(?:z|-?_?checks?)?|livez?|live-?_?ness|readyz?|readiness|ping|heartbeat)/?",
    re.IGNORECASE,
)


@record
class Contracts:
    """The document that was chosen (none: nothing decides between several) and the others."""

    chosen: Find | None
    others: tuple[Find, ...] = ()


def contracts(result: Review, hosts: Hosts) -> Contracts:
    """The OpenAPI document that describes the API. Those of tests and examples stand back."""
    every = [f for f in result.facts if isinstance(f, Api) and result.readers.get(id(f)) == "openapi"]
    kept = [f for f in every if deployed(f, result)] or every
    paths = [p for p in dict.fromkeys(api.at.source for api in kept) if is_shown(p)]
    counted = Counter(f.origin for f in result.facts if isinstance(f, Operation))
    finds = [Find(path, (path,), f"{counted[path]} operations") for path in paths]
    if len(finds) < 2:
        return Contracts(Find(paths[0], (), "the only OpenAPI document") if paths else None)
    found = _decided(paths, counted, hosts)
    return Contracts(found, tuple(f for f in finds if found is None or f.value != found.value))


def _decided(paths: list[str], counted: Counter[str], hosts: Hosts) -> Find | None:
    """The one that names a server of an edge's; else the one at the root; else the one with the most operations."""
    edges = {
        p: host for host in hosts.found.values() if not host.local for p in host.contracts if host.forwards
    }
    served = [path for path in paths if path in edges]
    top = [path for path in paths if "/" not in path]
    most = [path for path in paths if counted[path] == max(counted[p] for p in paths)]
    if len(served) == 1:
        host = edges[served[0]]
        return Find(
            served[0], tuple(host.shown[:2]), f"the only one of {len(paths)} whose server an edge has"
        )
    if len(top) == 1:
        return Find(top[0], (), f"the only one of {len(paths)} in the top folder")
    if len(most) == 1:
        return Find(most[0], (), f"of {len(paths)} the one with the most operations, {counted[most[0]]}")
    return None


def public(result: Review, paths: Iterable[str]) -> tuple[Find, ...]:
    """Operations of these contracts that require no credential and say so, or are asked by monitors only; without a
    contract the paths by which monitors ask edges."""
    wanted = set(paths)
    return joined(_operations(result, wanted) if wanted else _answered(result))


def _operations(result: Review, wanted: set[str]) -> Iterator[Find]:
    for fact in result.facts:
        if not isinstance(fact, Operation) or fact.origin not in wanted:
            continue
        open_here = fact.security.known(None) == () and not _of_document(fact)
        health = fact.method in ("GET", "HEAD") and _HEALTH.fullmatch(fact.path) is not None
        if open_here or (health and fact.security.value is ABSENT):
            at = fact.security.at if open_here else fact.at
            yield Find(fact.label, (line_of(at, result),), "`security: []`" if open_here else "a health path")


def _of_document(operation: Operation) -> bool:
    """Whether only the whole document says that no credential is required."""
    return operation.security.at.pointer.strip("/").split("/")[0].startswith("security")


def says_nothing_is_required(result: Review, paths: Iterable[str]) -> Iterator[str]:
    """Places where a whole contract requires no credential."""
    wanted = set(paths)
    found = (
        line_of(f.security.at, result)
        for f in result.facts
        if isinstance(f, Operation)
        and f.origin in wanted
        and f.security.known(None) == ()
        and _of_document(f)
    )
    yield from dict.fromkeys(found)


def _answered(result: Review) -> Iterator[Find]:
    for fact in result.facts:
        if (
            isinstance(fact, Route)
            and fact.match == "exact"
            and not fact.refuses
            and _HEALTH.fullmatch(fact.path) is not None
            and deployed(fact, result)
        ):
            yield Find(f"GET {fact.path}", (line_of(fact.at, result),), "a health path of an edge")

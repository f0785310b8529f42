"""Whether each path of a rendered edge has the headers that were asked for what it serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from batten.contract.surface import EXPRESSION
from batten.facts import Fact, Route
from batten.harden.edge import Edge
from batten.harden.kinds import Kind
from batten.model import Setting
from batten.patterns import BadPattern, compiled
from batten.policy.headers import CSP

SAMPLE = "x"  # in place of a parameter
# Go's way to write a character, which Python's expressions have not.
GO = (r"\x{FFFD}", "\ufffd")
Sent = Mapping[str, Setting[str]]


def headers_by_path(edge: Edge, facts: list[Fact]) -> list[str] | None:
    """What differs; None where a reader does not know each path that serves more than data."""
    kinds = {
        route.path.fixed or route.path.pattern: edge.kinds.get(route.path.template) for route in edge.routes
    }
    found = _found(
        edge, [fact for fact in facts if isinstance(fact, Route) and fact.upstream and not fact.refuses]
    )
    if any(kind is not None and key not in found for key, kind in kinds.items()):
        return None
    return [f"{key}: {line}" for key, sent in found.items() for line in _differences(edge, kinds[key], sent)]


def _differences(edge: Edge, kind: Kind | None, sent: Sent) -> Iterator[str]:
    own = kind.sent if kind is not None else {}
    for name in edge.own_headers:
        read, asked = sent.get(name.lower()), own.get(name, edge.sent.get(name, ""))
        value = read.known(None) if read is not None else edge.sent.get(name, "")
        if value is None and not (kind is not None and kind.keeps and name == CSP):
            yield f"the value of {name} is not known"
        elif value is not None and value != asked:
            yield f"{name} is sent with the value '{value}'"


def _found(edge: Edge, routes: list[Route]) -> dict[str, Sent]:
    """By what the edge calls a path; the first that is read counts, as it does for engines."""
    samples = {
        route.path.fixed or route.path.pattern: SAMPLE.join(
            map(unquote, EXPRESSION.split(route.path.template))
        )
        for route in edge.routes
    }
    found: dict[str, Sent] = {}
    for route in routes:
        key = route.path if route.match == "exact" else route.regex
        for name in (key,) if key in samples else _spelled_otherwise(route.regex, samples, found):
            found.setdefault(name, route.sent)
    return found


def _spelled_otherwise(expression: str, samples: Mapping[str, str], found: Iterable[str]) -> Iterator[str]:
    """Paths that engines spell in another way, by a sample of each."""
    if not expression:
        return
    try:
        pattern = compiled(expression.replace(*GO))
    except BadPattern:
        return
    known = set(found)
    for key, sample in samples.items():
        if key not in known and pattern.search(sample):
            yield key

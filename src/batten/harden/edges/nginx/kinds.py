"""Headers that not every path has the same value of: maps of what a location says of its answers. They are looked at when such
a header is sent."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.edge import Edge
from batten.harden.edges.nginx.text import quoted, table
from batten.harden.kinds import OWN, Kind
from batten.policy.headers import CSP

KIND = "$answers"
_SAID = f"$upstream_http_{CSP.lower().replace('-', '_')}"


def variable(header: str) -> str:
    return f"$sent_{header.lower().replace('-', '_')}"


def maps(edge: Edge, said: str = KIND) -> Iterator[str]:
    """`said` is what a kind is read from: its name alone, and anything else is data."""
    if not edge.kinds:
        return
    yield "# Headers by what a path serves; answers of the edge itself are data."
    for kind in edge.named_kinds:
        if kind.keeps:
            yield "# A policy of the application's own is kept where it allows no injected scripts."
            kept = f"{_SAID}, {kind.beside}"
            yield from table(_SAID, _policy(kind), ((quoted(f"~*{OWN}"), kept),), kind.policy)
    for name in edge.own_headers:
        rows = tuple(
            (kind.name, _policy(kind) if name == CSP and kind.keeps else kind.sent[name])
            for kind in edge.named_kinds
            if name in kind.sent
        )
        if rows:
            yield from table(said, variable(name), rows, edge.sent.get(name, ""))
    yield ""


def _policy(kind: Kind) -> str:
    return f"${kind.name}_policy"

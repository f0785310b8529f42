"""What schemathesis says of an edge that is not so, or that the engine cannot do otherwise; each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`codes` are schemathesis' names of failures (`st explain CODE`); `operation` is a pattern of `VERB /path`."""

    edge: str
    codes: tuple[str, ...]
    operation: str
    reason: str


DIFFERENCES = (
    Difference(
        edge="envoy",
        codes=("ST204",),
        operation="QUERY *",
        reason="a QUERY without a Content-Type is refused with 400 before any route is asked, as its specification has it",
    ),
    Difference(
        edge="traefik",
        codes=("ST105",),
        operation="* /*",
        reason="it has no documents: its own errors are their title in plain text",
    ),
)


def known(edge: str, code: str, operation: str) -> bool:
    return any(_is_of(row, edge, code, operation) for row in DIFFERENCES)


def stale(found: Iterable[tuple[str, str, str]]) -> list[str]:
    """Reasons that no difference had, of the edges that were asked."""
    told = list(found)
    return [row.reason for row in DIFFERENCES if not any(_is_of(row, *one) for one in told)]


def _is_of(row: Difference, edge: str, code: str, operation: str) -> bool:
    return row.edge == edge and code in row.codes and fnmatchcase(operation, row.operation)

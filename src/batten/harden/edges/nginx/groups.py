"""Paths with parameters by what they begin with: nginx finds a beginning in a tree, and then tries the expressions of that alone.

Beginnings of which one begins another are one group, so a path is in no second one, and expressions are tried in their order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from batten.contract.surface import EXPRESSION
from batten.harden.edge import Route


def groups(routes: Iterable[Route]) -> Mapping[str, tuple[Route, ...]]:
    """Of those with parameters; nothing where all would be one group."""
    # Whole segments.
    begun = {
        route: (unquote(EXPRESSION.split(route.path.template)[0].rpartition("/")[0]) + "/")
        for route in routes
        if route.path.pattern
    }
    # Sorted; what begins with one of them is directly behind it.
    beginnings = begun.values()
    kept: list[str] = []
    for shortest_beginning in sorted(set(beginnings)):
        if not kept or not shortest_beginning.startswith(kept[-1]):
            kept.append(shortest_beginning)
    shortest = kept
    if len(shortest) < 2:
        return {}
    found: dict[str, list[Route]] = {}
    for route, beginning in begun.items():
        found.setdefault(shortest[bisect_right(shortest, beginning) - 1], []).append(route)
    return {beginning: tuple(own) for beginning, own in found.items()}


__all__ = ["groups"]

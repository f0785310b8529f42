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
    begun = {route: _beginning(route) for route in routes if route.path.pattern}
    shortest = _shortest(begun.values())
    if len(shortest) < 2:
        return {}
    found: dict[str, list[Route]] = {}
    for route, beginning in begun.items():
        found.setdefault(shortest[bisect_right(shortest, beginning) - 1], []).append(route)
    return {beginning: tuple(own) for beginning, own in found.items()}


def _beginning(route: Route) -> str:
    """Whole segments."""
    return unquote(EXPRESSION.split(route.path.template)[0].rpartition("/")[0]) + "/"


def _shortest(beginnings: Iterable[str]) -> list[str]:
    """Sorted; what begins with one of them is directly behind it."""
    kept: list[str] = []
    for beginning in sorted(set(beginnings)):
        if not kept or not beginning.startswith(kept[-1]):
            kept.append(beginning)
    return kept


__all__ = ["groups"]

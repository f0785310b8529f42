"""Which location of a server answers a path.

The exact one, else the longest prefix; unless that says `^~`, the first expression that matches comes before it, in a location
before those around it. Source: https://nginx.org/en/docs/http/ngx_http_core_module.html#location
"""

from __future__ import annotations

import re
from dataclasses import field

from batten.model.record import record
from batten.patterns import BadPattern, Pattern, compiled, shortest
from batten.technologies.edges.nginx.blocks import Match, locations, match_of
from batten.technologies.shared.edges.nodes import Item, once

_NAMED = re.compile(r"\(\?<(?=[A-Za-z_])")


@record
class LocationTable:
    """The locations of a server, or of a location, looked up by what leads to them."""

    exact: dict[str, Item]
    prefixes: dict[str, Item]
    expressions: tuple[tuple[Item, Pattern | None], ...]  # in their order; None: it cannot be read
    by_path: dict[str, Item] = field(default_factory=dict)  # nested and named ones too

    def of(self, path: str) -> Item | None:
        """The location that answers a path; None where none does, or an expression that cannot be read may."""
        return self._found(path)[0] if path.startswith("/") else None

    def _found(self, path: str) -> tuple[Item | None, bool]:
        """The location, and whether expressions of the blocks around are not asked any more."""
        if path in self.exact:
            return self.exact[path], True
        prefix = next(
            (self.prefixes[p] for n in range(len(path), 0, -1) if (p := path[:n]) in self.prefixes), None
        )
        found = prefix
        if prefix is not None:
            nested, settled = table_of(prefix)._found(path)
            found = nested or prefix
            if settled or match_of(prefix).modifier == "^~":
                return found, settled
        for location, expression in self.expressions:
            matches = expression.search(path) if expression is not None else None
            if matches is None:
                return None, True
            if matches:
                return table_of(location)._found(path)[0] or location, True
        return found, False


@once
def table_of(block: Item) -> LocationTable:
    """The locations directly in a server or a location."""
    tops = [(match_of(i), i) for i in block.all("location") if i.directive.body is not None]
    return LocationTable(
        {m.path: i for m, i in tops if m.kind == "exact"},
        {m.path: i for m, i in tops if m.kind == "prefix"},
        tuple((i, _expression(m)) for m, i in tops if m.kind == "regex"),
        {match_of(i).path: i for i in locations(block)} if block.name != "location" else {},
    )


def readable(pattern: str) -> str:
    """An expression of PCRE as Python's `re` writes it."""
    return _NAMED.sub("(?P<", pattern)


def _expression(match: Match) -> Pattern | None:
    try:
        return compiled(readable(match.path), ignore_case=match.modifier == "~*")
    except BadPattern:
        return None


def below(prefix: str, location: Item) -> str:
    """A path below a prefix that the expression of a location matches; "" where none is found."""
    match = match_of(location)
    expression = _expression(match)
    example = shortest(readable(match.path), ignore_case=match.modifier == "~*")
    if expression is None or example is None:
        return ""
    folder = prefix.rstrip("/") + "/"
    for path in (folder + "x" + example, folder + example.lstrip("/"), example):
        if path.startswith(prefix) and path.isprintable() and expression.search(path):
            return path
    return ""

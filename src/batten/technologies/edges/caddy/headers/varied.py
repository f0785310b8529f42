"""Headers of the answers that one `reverse_proxy` gets, from the `header` directives before it in its block."""

from __future__ import annotations

from collections.abc import Iterator

from batten.model import UNKNOWN, Setting
from batten.technologies.edges.caddy.headers.reading import lines_down, lines_of
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.tree import Item, varies


def varied(proxy: Item) -> dict[str, Setting[str]]:
    """By lower-case name; a default has no value that is known, unless what is behind can send none."""
    removed = {line.name.lower() for line in lines_down(proxy) if line.operation == "remove"}
    found = {}
    for directive in _before(proxy):
        for line in lines_of(directive):
            if line.operation in ("set", "defer", "default"):
                unsure = varies(line.value) or (
                    line.operation == "default" and line.name.lower() not in removed
                )
                found[line.name.lower()] = Setting(UNKNOWN if unsure else line.value, line.item.place())
    return found


def _before(proxy: Item) -> Iterator[Item]:
    """A site's own headers are every answer's."""
    block = proxy.up
    if block is None or block.is_site:
        return
    for item in block.items:
        if item is proxy:
            return
        if item.name == "header" and matcher_of(item).everything:
            yield item

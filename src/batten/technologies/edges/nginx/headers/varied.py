"""Headers whose value a map takes from a variable that locations set.

`map $answers $csp { default "…"; pages "…"; }` and `add_header Content-Security-Policy $csp always;`, then `set $answers pages;` in
a location. https://nginx.org/en/docs/http/ngx_http_map_module.html
"""

from __future__ import annotations

from collections.abc import Mapping

from batten.model import UNKNOWN, Setting
from batten.technologies.edges.nginx.headers.reading import added
from batten.technologies.edges.nginx.tree import Tree, varies
from batten.technologies.shared.edges.nodes import Item

Maps = Mapping[str, Item]  # by the variable that they make


def maps(tree: Tree) -> Maps:
    return {made.values[1]: made for http in tree.http for made in http.all("map") if len(made.values) == 2}


def varied(location: Item, results: Maps) -> dict[str, Setting[str]]:
    """What a location sends in place of its server's, by lower-case name."""
    written = {item.values[0]: item.values[1] for item in location.all("set") if len(item.values) == 2}
    if not written:
        return {}
    found = {}
    for item in added(location).items:
        made = results.get(item.values[1]) if len(item.values) > 1 else None
        if made is not None and made.values[0] in written:
            # Keys that are expressions, or begin with a mark of the map's own, are not compared.
            key = written[made.values[0]]
            row = made.first(key) or made.first("default")
            unsure = varies(key) or any(
                item.name.startswith(("~", "\\")) or "*" in item.name for item in made.items
            )
            if row is None:
                found[item.value.lower()] = Setting(UNKNOWN if unsure else "", made.place())
            else:
                found[item.value.lower()] = Setting(
                    UNKNOWN if unsure or varies(row.value) else row.value, row.place()
                )
    return found

"""Writers for the cross-origin policy and for verbs."""

from __future__ import annotations

import re

from batten.model import Edit, Fix, Safety
from batten.technologies.edges.nginx.blocks import silent
from batten.technologies.edges.nginx.cors.reading import ORIGIN
from batten.technologies.edges.nginx.headers.reading import added
from batten.technologies.edges.nginx.headers.writing import LIKE
from batten.technologies.edges.nginx.placement import in_http, into, quoted, removed, replaced, step
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.edges.origins import expression
from batten.technologies.shared.transport.questions import ask_origins

VARIABLE = "$batten_cors_origin"
_BREAKS = "pages on origins that are not listed in batten.yaml"
_ON_ORIGIN = re.compile(r"^\(?\s*\$\{?http_origin\}?\s*(?:=|~\*?)", re.DOTALL)


def allow_origins(tree: Tree, item: Item, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    edits: list[Edit] = []
    if item.name == "add_header":
        # The header's value from a map over the Origin; Vary beside it.
        line = f"add_header Access-Control-Allow-Origin {VARIABLE} always;"
        block = item.up or item
        if not any(
            i.value.lower() == "vary" and "origin" in " ".join(i.values).lower() for i in added(block).items
        ):
            line += "\nadd_header Vary Origin always;"
        edits = [_map(tree, item, origins), replaced(item, line)]
    elif item.name == "if" and _ON_ORIGIN.match(" ".join(item.values)):
        # `if ($http_origin ~ …)` with the exact origins, anchored.
        first, last = item.directive.args[0], item.directive.args[-1]
        span = type(item.directive.span)(first.start, last.end)
        edits = [Edit(item.source.path, span, f'($http_origin ~ "{expression(origins)}")')]
    elif item.name == "set" and item.up is not None:
        edits = [_map(tree, item.up, origins), replaced(item, f"set {item.value} {VARIABLE};")]
    elif item.up is not None and item.up.name == "map":
        # A map's loose entry taken away, and the listed origins in its place.
        have = {i.name for i in item.up.items if i is not item}
        lines = [f"{quoted(o)} $http_origin;" for o in origins if o not in have]
        if item.name == "default":
            lines.insert(0, 'default "";')
        edits = [replaced(item, "\n".join(lines)) if lines else removed(item)]
    elif item.name == "server" and item.directive.body is not None:
        new_lines = (
            f"add_header Access-Control-Allow-Origin {VARIABLE} always;\nadd_header Vary Origin always;"
        )
        holder = added(item).holder or item
        new_edits = [_map(tree, item, origins), into(holder, new_lines, LIKE)]
        for nested in holder.walk():
            own = nested.all("add_header")
            mode = inherited(nested, "add_header_inherit") if own else None
            merges = bool(mode) and mode is not None and mode[-1].value == "merge"
            if own and not merges and not silent(nested) and not any(i.value.lower() == ORIGIN for i in own):
                new_edits.append(into(nested, new_lines, LIKE))
        edits = new_edits
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=_BREAKS) if edits else None


def _map(tree: Tree, item: Item, origins: tuple[str, ...]) -> Edit:
    indent = step(item)
    width = max(len(quoted(o)) for o in (*origins, "default"))
    entries = [f'{indent}{"default":<{width}} "";']
    entries += [f"{indent}{quoted(o):<{width}} $http_origin;" for o in origins]
    return in_http(tree, "\n".join([f"map $http_origin {VARIABLE} {{", *entries, "}"]))


def allow_methods(item: Item, methods: tuple[str, ...]) -> Fix | None:
    title, breaks = f"allow {', '.join(methods)} only", "clients that use other methods"
    edits: tuple[Edit, ...]
    span = type(item.directive.span)
    match item.name:
        case "add_header":
            line = f"add_header {item.value} {quoted(', '.join(methods))} always;"
            edits = (replaced(item, line),)
        case "limit_except":
            first, last = item.directive.args[0], item.directive.args[-1]
            edits = (Edit(item.source.path, span(first.start, last.end), " ".join(methods)),)
        case "if":
            first, last = item.directive.args[0], item.directive.args[-1]
            text = f"($request_method !~ ^({'|'.join(methods)})$)"
            edits = (Edit(item.source.path, span(first.start, last.end), text),)
        case "location":
            block = f"limit_except {' '.join(methods)} {{\n{step(item)}deny all;\n}}"
            edits = (into(item, block),)
        case _:
            return None
    return Fix(title, edits, safety=Safety.RISKY, breaks=breaks)


def allow_headers(item: Item, headers: tuple[str, ...]) -> Fix | None:
    if item.name != "add_header":
        return None
    line = f"add_header {item.value} {quoted(', '.join(headers))} always;"
    breaks = "pages that send other request headers"
    return Fix(
        "allow named request headers only", (replaced(item, line),), safety=Safety.RISKY, breaks=breaks
    )

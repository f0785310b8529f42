"""What each location does, and with which verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies._edges.nodes import Item
from batten.technologies.nginx.blocks import locations, match_of, passes, refuses, returned, serves_files
from batten.technologies.nginx.tree import Tree

_METHOD = re.compile(r"^\(?\s*\$\{?request_method\}?\s*(=|!=|~\*|~|!~\*|!~)\s*(.+?)\s*\)?$")
_VERBS = re.compile(r"^\^?\(?(?:\?:)?([A-Za-z|]+)\)?\$?$")


def routes(tree: Tree) -> Iterator[Route]:
    for server in tree.servers:
        for location in locations(server):
            match = match_of(location)
            if match.kind != "named":
                yield _route(server, location)


def _route(server: Item, location: Item) -> Route:
    match = match_of(location)
    forward = passes(location)
    return Route(
        location.block(),
        server=server.pointer,
        path=match.path,
        match=match.kind,
        methods=methods_of(location),
        upstream=forward.value if forward else "",
        serves_files=serves_files(location),
        refuses=refuses(location),
        regex=match.path if match.kind == "regex" else "",
        trace=Setting(False, location.block()),  # nginx itself answers TRACE with 405
    )


def methods_of(location: Item) -> Setting[tuple[str, ...]]:
    """Verbs let through: `limit_except` (GET includes HEAD), or an `if` on $request_method that
    refuses the others, here or around."""
    for block in location.items:
        if block.name == "limit_except" and any(i.name == "deny" and i.value == "all" for i in block.items):
            verbs = tuple(v.upper() for v in block.values)
            return Setting(
                (*verbs, "HEAD") if "GET" in verbs and "HEAD" not in verbs else verbs, block.place()
            )
    for around in location.around():
        for condition in around.all("if"):
            verbs_of = allowed_by(condition)
            if verbs_of is not None:
                return Setting(verbs_of, condition.place())
    if any(i.name == "limit_except" or _about_method(i) for i in location.items):
        return Setting(UNKNOWN, location.block())
    default = ("GET", "HEAD") if serves_files(location) else ABSENT
    return Setting(ABSENT, location.block(), default)


def _about_method(item: Item) -> bool:
    return item.name == "if" and bool(_METHOD.match(" ".join(item.values)))


def allowed_by(condition: Item) -> tuple[str, ...] | None:
    """The only verbs that an `if ($request_method !~ …) { return 405; }` lets through."""
    found = _METHOD.match(" ".join(condition.values))
    answer = returned(condition)
    if found is None or answer is None or not (400 <= answer.status < 500) or not found[1].startswith("!"):
        return None
    verbs = _VERBS.match(found[2].strip("\"'"))
    return tuple(v.upper() for v in verbs[1].split("|") if v) if verbs else None

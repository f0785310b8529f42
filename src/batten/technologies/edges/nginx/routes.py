"""What each location does, and with which verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.nginx.blocks import (
    locations,
    match_of,
    only_assets,
    passes,
    refuses,
    returned,
    serves_files,
)
from batten.technologies.edges.nginx.headers.varied import maps, varied
from batten.technologies.edges.nginx.tree import Tree
from batten.technologies.shared.edges.nodes import Item, once

_METHOD = re.compile(r"^\(?\s*\$\{?request_method\}?\s*(=|!=|~\*|~|!~\*|!~)\s*(.+?)\s*\)?$")
_ASIDE = re.compile(r"\.(?:txt|ico|xml|png|svg|webmanifest)$")
_VERBS = re.compile(r"^\^?\(?(?:\?:)?([A-Za-z|]+)\)?\$?$")


def routes(tree: Tree) -> Iterator[Route]:
    results = maps(tree)
    for server in tree.servers:
        paths = set()
        for location in locations(server):
            match = match_of(location)
            if match.kind != "named":
                paths.add(match.path)
                sent = varied(location, results)
                route_match = match_of(location)
                route_forward = passes(location) or _fallback(server, location)
                # Whether it is one file that browsers and robots look for beside the pages.
                yield Route(
                    location.block(),
                    server=server.pointer,
                    path=route_match.path,
                    match=route_match.kind,
                    methods=methods_of(location),
                    upstream=route_forward.value if route_forward else "",
                    serves_files=serves_files(location),
                    refuses=refuses(location),
                    regex=route_match.path if route_match.kind == "regex" else "",
                    assets=only_assets(route_match.path)
                    if route_match.kind == "regex"
                    else route_match.kind == "exact" and _ASIDE.search(route_match.path) is not None,
                    trace=Setting(False, location.block()),  # nginx itself answers TRACE with 405
                    sent=sent,
                )
        forward = _fallback(server, server)
        if forward is not None and "/" not in paths:
            # What no location takes: files of the root, and then what `try_files` of the server names last.
            at = server.block()
            yield Route(
                at,
                server=server.pointer,
                path="/",
                match="prefix",
                methods=Setting(ABSENT, at),
                upstream=forward.value,
                serves_files=True,
                trace=Setting(False, at),
            )


def _fallback(server: Item, block: Item) -> Item | None:
    """What forwards a request for which `try_files` finds no file: that of a named location, or of the one for PHP."""
    files = block.first("try_files")
    last = files.values[-1] if files is not None and files.values else ""
    if last.startswith("@"):
        named = (i for i in locations(server) if match_of(i).kind == "named" and i.values[-1] == last)
        return next(filter(None, map(passes, named)), None)
    if ".php" in last:
        found = filter(None, map(passes, locations(server)))
        return next((i for i in found if i.name == "fastcgi_pass"), None)
    return None


@once
def methods_of(location: Item) -> Setting[tuple[str, ...]]:
    """Verbs let through: `limit_except` (GET includes HEAD), or an `if` on $request_method that
    refuses the others, here or around."""
    for block in location.all("limit_except"):
        if any(i.value == "all" for i in block.all("deny")):
            verbs = tuple(v.upper() for v in block.values)
            return Setting(
                (*verbs, "HEAD") if "GET" in verbs and "HEAD" not in verbs else verbs, block.place()
            )
    for around in location.around():
        for condition in around.all("if"):
            verbs_of = allowed_by(condition)
            if verbs_of is not None:
                return Setting(verbs_of, condition.place())
    if location.first("limit_except") or any(map(_about_method, location.all("if"))):
        return Setting(UNKNOWN, location.block())
    default = ("GET", "HEAD") if serves_files(location) else ABSENT
    return Setting(ABSENT, location.block(), default)


def _about_method(item: Item) -> bool:
    return bool(_METHOD.match(" ".join(item.values)))


def allowed_by(condition: Item) -> tuple[str, ...] | None:
    """The only verbs that an `if ($request_method !~ …) { return 405; }` lets through."""
    found = _METHOD.match(" ".join(condition.values))
    answer = returned(condition)
    if found is None or answer is None or not (400 <= answer.status < 500) or not found[1].startswith("!"):
        return None
    verbs = _VERBS.match(found[2].strip("\"'"))
    return tuple(v.upper() for v in verbs[1].split("|") if v) if verbs else None

"""Decisions over variables: what a path offers, who may read it, and what an error is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from batten.contract.surface import DECLARABLE, OWN, Path
from batten.contract.titles import TITLES
from batten.harden.documents import Says
from batten.harden.edge import Edge
from batten.harden.edges.nginx.text import quoted, table

INTERNAL = "/.problem"  # where errors go that have no path yet; see the server


def maps(edge: Edge) -> Iterator[str]:
    surface = tuple(route.path for route in edge.routes)
    longest = max((len(p.template) for p in surface), default=0)
    size = 128
    while size < longest + 64:
        size *= 2
    yield ""
    yield f"map_hash_bucket_size {size};"
    yield "map_hash_max_size 8192;"
    yield ""
    yield from table("$status", "$retry_after", (("429", "1"),))
    yield ""
    yield "# The verbs that the contract declares for a path."
    yield from _by_path("$methods", surface, lambda p: ", ".join(p.methods))
    yield from table("$status", "$allow", (("405", "$methods"),))
    yield ""
    if edge.cors is not None:
        cors = edge.cors
        yield "# Only these origins may read answers. Other origins get no CORS header."
        yield from table(
            "$http_origin", "$cors_origin", ((quoted(f"~^{re.escape(o)}$"), o) for o in cors.origins)
        )
        asked = quoted(r"~^OPTIONS \S+ \S+$")
        yield from table(
            '"$request_method $cors_origin $http_access_control_request_method"',
            "$preflight",
            ((asked, "1"),),
        )
        yield from _by_path("$path_headers", surface, lambda p: ", ".join(p.request_headers))
        yield from _by_path("$path_exposed", surface, lambda p: ", ".join(p.response_headers))
        yield from table("$preflight", "$cors_methods", (("1", "$methods"),))
        yield from table("$preflight", "$cors_headers", (("1", "$path_headers"),))
        yield from table("$preflight", "$cors_age", (("1", str(cors.age)),))
        yield from table("$cors_origin", "$cors_exposed", (('""', ""),), "$path_exposed")
        if cors.credentials:
            yield from table("$cors_origin", "$cors_credentials", (('""', ""),), "true")


def _by_path(variable: str, surface: tuple[Path, ...], value: Callable[[Path], str]) -> Iterator[str]:
    return by_path(variable, ((path, value(path)) for path in surface))


def documents(says: Says) -> Iterator[str]:
    """What is said of each status."""
    yield from table("$status", "$problem", ((str(status), says(status)) for status in TITLES), says(0))


def by_path(variable: str, values: Iterable[tuple[Path, str]]) -> Iterator[str]:
    rows = ((quoted(p.fixed) if p.fixed else quoted(f"~{p.pattern}"), value) for p, value in values)
    return table("$uri", variable, rows)


def statuses() -> tuple[int, ...]:
    """Every error that the edge has a document for."""
    return tuple(sorted((*OWN, *DECLARABLE)))

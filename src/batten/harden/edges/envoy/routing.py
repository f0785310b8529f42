"""Envoy's routes: first what is wrong with any request, then one list for each text that paths begin with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batten.contract.surface import Path
from batten.harden.edge import Cors
from batten.harden.edges.envoy.headers import FILTERS, added
from batten.harden.edges.envoy.matching import (
    asked,
    both,
    containing,
    either,
    first,
    like,
    listed,
    negated,
    nested,
    routed,
)
from batten.harden.heads import HOST, LINEAR, TWICE, TWO_LOGINS, TYPE, USUAL

Json = dict[str, Any]
MOST_LENGTH = 2**63 - 1


def tree(hosts: str, lists: Iterable[tuple[str, list[Json]]], unknown: list[Json]) -> Json:
    """`lists` are routes with what their paths begin with: tried are all of the longest such text and of those that it
    begins with, in the given order. `hosts` is an expression, "" where every host is served; `unknown` is for other paths."""
    made = list(lists)
    table = {}
    for key in dict.fromkeys(prefix for prefix, _ in made):
        candidates = [entry for prefix, entries in made if key.startswith(prefix) for entry in entries]
        table[key] = listed(key, [*candidates, *unknown])
    paths = {
        "matcher_tree": {"input": asked(":path"), "prefix_match_map": {"map": table}},
        "on_no_match": listed("none", unknown),
    }
    return first(_wrong(hosts), nested(paths))


def _wrong(hosts: str) -> Iterator[tuple[Json, Json]]:
    """Heads that two readers may read as two."""
    path, waits, told, host = asked(":path"), asked("expect"), asked("content-type"), asked(":authority")
    ambiguous = either(negated(like(path, LINEAR)), like(path, f"[^?]*{TWICE}.*"))
    yield both(negated(like(path, USUAL)), ambiguous), _refused(400)
    expected = like(waits, "(?i)100-continue")
    yield both(like(waits, ".*"), negated(expected)), _refused(417, {"Connection": "close"})
    logins = asked("authorization")
    yield both(containing(logins, ","), like(logins, f"{TWO_LOGINS}.*")), _refused(400)
    yield both(like(told, ".*"), negated(like(told, TYPE))), _refused(400)
    unreadable = negated(like(host, HOST)), _refused(400)
    if hosts:  # none of which is unreadable
        yield negated(like(host, f"(?i){hosts}")), nested(first([unreadable], _refused(421)))
    else:
        yield unreadable


def _refused(status: int, values: Mapping[str, str] | None = None) -> Json:
    return routed(str(status), {"match": {"prefix": ""}, **direct(status, values)})


def direct(status: int, values: Mapping[str, str] | None = None) -> Json:
    """An answer of Envoy's own, whose document is that of its local replies."""
    made: Json = {"direct_response": {"status": status}}
    if values:
        made["response_headers_to_add"] = added(values)
    return made


def match(path: Path, *headers: Json) -> Json:
    if path.fixed:
        return {"path": path.sent, "headers": list(headers)}
    return {"safe_regex": {"regex": path.sent_pattern}, "headers": list(headers)}


def header(name: str, pattern: str) -> Json:
    """A condition about a header's whole value."""
    return {"name": name, "string_match": {"safe_regex": {"regex": pattern}}}


def verb(methods: tuple[str, ...]) -> Json:
    """A condition about the method."""
    if len(methods) == 1:
        return {"name": ":method", "string_match": {"exact": methods[0]}}
    return header(":method", "|".join(methods))


def fits(most: int) -> Json:
    """A condition about the length that is told, if one is."""
    beyond = {"start": str(most + 1), "end": str(MOST_LENGTH)}
    return {
        "name": "content-length",
        "range_match": beyond,
        "invert_match": True,
        "treat_missing_header_as_empty": True,
    }


def has_body() -> Iterator[Json]:
    """Either is enough; a body of HTTP/2 without a length is seen by none."""
    yield header("content-length", "0*[1-9].*")
    yield header("transfer-encoding", ".*")


def preflight(path: Path, cors: Cors) -> Json:
    """Of listed origins. The filter answers it before it goes anywhere, if its route forwards; for direct answers it does
    nothing."""
    method = header(":method", "OPTIONS")
    asks = {"name": "access-control-request-method", "present_match": True}
    return match(path, method, asks, header("origin", one_of(cors.origins)))


def one_of(origins: Iterable[str]) -> str:
    return "|".join(map(re.escape, origins))


def shared(path: Path, cors: Cors, forwarded: bool) -> Json:
    """For the filter, which answers preflights of listed origins; those of others are `forwarded` to the route."""
    made: Json = {
        "@type": f"{FILTERS}.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in cors.origins],
        "allow_methods": ", ".join(sorted(path.methods)),
        "allow_headers": ", ".join(path.request_headers),
        "expose_headers": ", ".join(path.response_headers),
        "max_age": str(cors.age),
        "forward_not_matching_preflights": forwarded,
    }
    if cors.credentials:
        made["allow_credentials"] = True
    return {key: value for key, value in made.items() if value != ""}

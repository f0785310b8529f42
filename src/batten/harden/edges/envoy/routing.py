"""Envoy's routes: first what is wrong with any request, then one list for each text that paths begin with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batten.contract.surface import Path
from batten.harden.edge import Cors
from batten.harden.edges.envoy.matching import asked, both, like, listed, negated, routed
from batten.harden.heads import HOST, LINEAR, OF_A_HOP, TWICE, TWO_LOGINS, TYPE, dropped, prefixes_pattern
from batten.policy import headers

Json = dict[str, Any]
FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
MOST_LENGTH = 2**63 - 1
# What Envoy sets itself of what only edges may say.
KEPT = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-client-cert")
ALWAYS_HIDDEN = ("server", "keep-alive", "proxy-authenticate", "x-envoy-ratelimited")


def added(values: Mapping[str, str]) -> list[Json]:
    return [
        {"header": {"key": name.lower(), "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        for name, value in values.items()
    ]


def cleaned(requests: Iterable[str], answers: Iterable[str]) -> Json:
    """A filter that removes what is not forwarded in either direction, and all other headers of a family that only edges may
    write: one expression over the headers that came costs less than a search for each name. It is the last before the
    router. What filters answer themselves passes it, too, so it leaves CORS to `unshared`. `Upgrade` cannot be removed:
    Envoy refuses what it is for."""
    names = {*dropped(KEPT), *map(str.lower, (*OF_A_HOP, *requests))} - {"upgrade", "connection", *KEPT}
    inward = f"(?:{_any(names)}|{prefixes_pattern()}.*)"
    outward = _any({*map(str.lower, answers), *ALWAYS_HIDDEN} - {*unshared()})
    return _mutations([_removed(inward)], [_removed(outward)])


def unshared() -> list[str]:
    """Headers of CORS, which only the edge's own filter sends: removed from the API's answers before that."""
    return sorted(map(str.lower, headers.CORS))


def setting(values: Mapping[str, str]) -> Json:
    """A filter before all others: what it sets is in their answers, too."""
    return _mutations([], [{"append": one} for one in added(values)])


def _any(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names)))


def _removed(pattern: str) -> Json:
    return {"remove_on_match": {"key_matcher": {"safe_regex": {"regex": pattern}}}}


def _mutations(requests: list[Json], answers: list[Json]) -> Json:
    """https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/header_mutation_filter"""
    changes = {"request_mutations": requests, "response_mutations": answers}
    kind = f"{FILTERS}.header_mutation.v3.HeaderMutation"
    config = {"@type": kind, "mutations": {name: rows for name, rows in changes.items() if rows}}
    return {"name": "envoy.filters.http.header_mutation", "typed_config": config}


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
    matchers = [
        {"predicate": predicate, "on_match": routed(str(status), {"match": {"prefix": ""}, **direct(status, values)})}
        for predicate, status, values in _wrong(hosts)
    ]  # fmt: skip
    return {"matcher_list": {"matchers": matchers}, "on_no_match": {"matcher": paths}}


def _wrong(hosts: str) -> Iterator[tuple[Json, int, dict[str, str]]]:
    """Heads that two readers may read as two."""
    yield negated(like(asked(":path"), LINEAR)), 400, {}
    yield like(asked(":path"), f"[^?]*{TWICE}.*"), 400, {}
    waits = asked("expect")
    closing = {"Connection": "close"}
    yield both(like(waits, ".*"), negated(like(waits, "(?i)100-continue"))), 417, closing
    yield like(asked("authorization"), f"{TWO_LOGINS}.*"), 400, {}
    told = asked("content-type")
    yield both(like(told, ".*"), negated(like(told, TYPE))), 400, {}
    yield negated(like(asked(":authority"), HOST)), 400, {}
    if hosts:
        yield negated(like(asked(":authority"), f"(?i){hosts}")), 421, {}


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

"""Envoy's generic matching: predicates about a request or an answer, and what follows from them.
https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/matching/matching_api"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
_INPUT = "type.googleapis.com/envoy.type.matcher.v3"
ROUTES = "type.googleapis.com/envoy.config.route.v3"


def read(source: str, **told: str) -> Json:
    return {"name": source, "typed_config": {"@type": f"{_INPUT}.{source}", **told}}


def asked(name: str) -> Json:
    """A header of the request."""
    return read("HttpRequestHeaderMatchInput", header_name=name)


def answered(name: str) -> Json:
    """A header of the answer."""
    return read("HttpResponseHeaderMatchInput", header_name=name)


def exactly(source: Json, value: str) -> Json:
    return {"single_predicate": {"input": source, "value_match": {"exact": value}}}


def containing(source: Json, text: str) -> Json:
    return {"single_predicate": {"input": source, "value_match": {"contains": text}}}


def like(source: Json, pattern: str) -> Json:
    """`pattern` is of RE2, and of the whole value."""
    matched = {"safe_regex": {"google_re2": {}, "regex": pattern}}
    return {"single_predicate": {"input": source, "value_match": matched}}


def negated(predicate: Json) -> Json:
    return {"not_matcher": predicate}


def both(*predicates: Json) -> Json:
    return {"and_matcher": {"predicate": list(predicates)}}


def either(*predicates: Json) -> Json:
    return {"or_matcher": {"predicate": list(predicates)}}


def first(cases: Iterable[tuple[Json, Json]], otherwise: Json) -> Json:
    """A matcher: predicates with what follows from the first that is true, and what follows where none is."""
    matchers = [{"predicate": predicate, "on_match": follows} for predicate, follows in cases]
    return {"matcher_list": {"matchers": matchers}, "on_no_match": otherwise}


def nested(matcher: Json) -> Json:
    """What follows is for another matcher to say."""
    return {"matcher": matcher}


def routed(name: str, route: Json) -> Json:
    return {"action": {"name": name, "typed_config": {"@type": f"{ROUTES}.Route", **route}}}


def listed(name: str, routes: list[Json]) -> Json:
    """The first of these routes that matches."""
    return {"action": {"name": name, "typed_config": {"@type": f"{ROUTES}.RouteList", "routes": routes}}}

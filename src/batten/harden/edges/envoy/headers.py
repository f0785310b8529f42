"""What Envoy removes of headers, and what it sets, in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from batten.harden.heads import OF_A_HOP, dropped, prefixes_pattern
from batten.policy import headers

Json = dict[str, Any]
FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
ALWAYS_HIDDEN = ("server", "keep-alive", "proxy-authenticate", "x-envoy-ratelimited")
_REPLACED, _FURTHER = "OVERWRITE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD"


def added(values: Mapping[str, str]) -> list[Json]:
    return [_option(name, value, _REPLACED) for name, value in values.items()]


def _option(name: str, value: str, action: str) -> Json:
    return {"header": {"key": name.lower(), "value": value}, "append_action": action}


def inward(removed: Iterable[str], own: Mapping[str, str] = {}) -> list[Json]:
    """Changes of requests: without what is not forwarded and all other headers of a family that only edges may write, and with
    the edge's `own`. One expression over the headers that came costs less than a search for each name, and what it removes
    can be added without another. `Upgrade` cannot be removed: Envoy refuses what it is for."""
    own = {name.lower(): value for name, value in own.items()}
    names = {*dropped(), *map(str.lower, (*OF_A_HOP, *removed)), *own} - {"upgrade", "connection"}
    return [_removed(f"(?:{_any(names)}|{prefixes_pattern()}.*)"), *_appended(own)]


def outward(hidden: Iterable[str], own: Mapping[str, str] = {}, shared: bool = True) -> list[Json]:
    """Changes of answers, as of requests. Where resources are `shared`, headers of CORS are left to `unshared`: what filters
    answer themselves passes here, too."""
    names = {*map(str.lower, (*hidden, *own)), *ALWAYS_HIDDEN}
    names = names - {*unshared()} if shared else names | {*unshared()}
    return [_removed(_any(names)), *_appended(own)]


def unshared() -> list[str]:
    """Headers of CORS, which only the edge's own filter sends: removed from the API's answers before that."""
    return sorted(map(str.lower, headers.CORS))


def _any(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names)))


def _removed(pattern: str) -> Json:
    return {"remove_on_match": {"key_matcher": {"safe_regex": {"regex": pattern}}}}


def _appended(values: Mapping[str, str]) -> list[Json]:
    return [{"append": _option(name, value, _FURTHER)} for name, value in values.items()]


def changed(requests: list[Json], answers: list[Json]) -> Json:
    """A filter, the last before the router
    (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/header_mutation_filter)."""
    kind = f"{FILTERS}.header_mutation.v3.HeaderMutation"
    config = {"@type": kind, "mutations": {"request_mutations": requests, "response_mutations": answers}}
    return {"name": "envoy.filters.http.header_mutation", "typed_config": config}

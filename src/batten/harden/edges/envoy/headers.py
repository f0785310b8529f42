"""What Envoy removes of headers, and what it sets, in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from batten.harden.heads import OF_A_HOP, dropped
from batten.policy import headers
from batten.policy.senders import prefixes

Json = dict[str, Any]
FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
ALWAYS_HIDDEN = ("server", "keep-alive", "proxy-authenticate", "x-envoy-ratelimited")
_ADDRESS, _REQUEST, _OUTSIDE = "x-forwarded-for", "x-request-id", "x-envoy-external-address"
_REPLACED, _FURTHER = "OVERWRITE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD"


def added(values: Mapping[str, str]) -> list[Json]:
    return [_option(name, value, _REPLACED) for name, value in values.items()]


def _option(name: str, value: str, action: str) -> Json:
    return {"header": {"key": name.lower(), "value": value}, "append_action": action}


def inward(removed: Iterable[str]) -> Json:
    """A change of requests: without what is not forwarded and all other headers of a family that only edges may write. One
    expression over the headers that came costs less than a search for each name. `Upgrade` cannot be removed: Envoy
    refuses what it is for."""
    names = {*dropped(), *map(str.lower, (*OF_A_HOP, *removed))} - {"upgrade", "connection"}
    return _removed(f"(?:{_any(names)}|(?:{_any(prefixes())}).*)")


def early(removed: Iterable[str]) -> Json:
    """The same before Envoy itself reads or writes any header: fewer are looked at, and nothing of a client's decides. Beside
    X-Forwarded-For, which proxies in front may send."""
    names = {*dropped((_ADDRESS,)), *map(str.lower, (*OF_A_HOP, *removed))} - {"upgrade", "connection"}
    families = (
        re.escape(one) + (unlike(_ADDRESS.removeprefix(one)) if _ADDRESS.startswith(one) else ".*")
        for one in prefixes()
    )
    return _removed(f"(?:{_any({*names, _REQUEST} - {_ADDRESS})}|{'|'.join(families)})")


def unlike(word: str) -> str:
    """An expression for all texts but one: RE2 cannot look ahead."""
    return f"(?:[^{word[0]}].*|{word[0]}{unlike(word[1:])})?" if word else ".+"


def forwarded(own: Mapping[str, str]) -> list[Json]:
    """Changes of requests after `early`: what the edge says. What it does not set itself was removed."""
    rest = {name: value for name, value in own.items() if name.lower() != _ADDRESS}
    address = [{"append": one} for one in added({n: v for n, v in own.items() if n not in rest})]
    return [*address, *_appended(rest), {"remove": _OUTSIDE}]


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

"""Envoy's routes: one list of them for each text that paths begin with, found by the longest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from batten.contract import Contract
from batten.contract.surface import uses_cookies
from batten.guard.answers.wardrobe import BANNERS
from batten.guard.compiled import Compiled
from batten.guard.export.envoy_answers import let_out
from batten.guard.export.routes import Route, keeps_answers, reads_requests
from batten.guard.export.senders import hosts_pattern
from batten.guard.requests.credentials import Credential
from batten.guard.served import Served
from batten.harden.heads import HOST, LINEAR, TWICE, dropped
from batten.policy import Policy, headers

Json = dict[str, Any]
LUA, HEADS = "envoy.filters.http.lua", "batten.heads"  # filters by name
_STREAMED = {"timeout": "0s", "idle_timeout": "15s"}
FILTERS = "type.googleapis.com/envoy.extensions.filters.http"


def added(values: dict[str, str]) -> list[Json]:
    return [
        {"header": {"key": name.lower(), "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        for name, value in values.items()
    ]


def routing(
    compiled: Compiled, contract: Contract, policy: Policy, found: tuple[Route, ...], sent: dict[str, str]
) -> Json:
    removed = {
        *(name.lower() for name in (*headers.BANNERS, *headers.OBSOLETE, *headers.CORS)),
        *_texts(BANNERS),
    }
    stripped = (*(name.lower() for name in headers.STRIPPED if name != "Upgrade"), "x-real-ip", "if-range", "http2-settings", "te",
                "expect")  # fmt: skip
    return {
        "name": "api",
        "response_headers_to_add": added(sent),
        "response_headers_to_remove": sorted((*removed, "proxy-authenticate")),
        "request_headers_to_remove": sorted(
            {
                *stripped,
                *dropped(("x-forwarded-for", "x-forwarded-proto", "x-forwarded-client-cert")),
                "keep-alive",
                "proxy-authorization",
                "proxy-connection",
            }
        ),
        "request_headers_to_add": added(
            {"accept-encoding": "identity", "x-forwarded-for": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
        ),
        "virtual_hosts": [
            {
                "name": "api",
                "domains": ["*"],
                "matcher": _tree(contract, policy, found, hosts_pattern(compiled)),
            }
        ],
    }


def _texts(names: frozenset[bytes]) -> Iterator[str]:
    return (name.decode() for name in names)


def _tree(contract: Contract, policy: Policy, found: tuple[Route, ...], hosts: str) -> Json:
    """By the longest text that begins a path; under it, all routes that may be meant."""
    made = [(route.path.sent_prefix, list(_of_route(contract, policy, route))) for route in found]
    table = {}
    for key in dict.fromkeys(prefix for prefix, _ in made):
        candidates = [entry for prefix, entries in made if key.startswith(prefix) for entry in entries]
        table[key] = _listed(key, candidates, hosts)
    header = {
        "name": "path",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            "header_name": ":path",
        },
    }
    return {
        "matcher_tree": {"input": header, "prefix_match_map": {"map": table}},
        "on_no_match": _listed("none", [], hosts),
    }


def _listed(name: str, candidates: list[Json], hosts: str) -> Json:
    entries = [*_targets(hosts), *candidates, _direct({"prefix": "/"}, 404), _direct({"prefix": ""}, 400)]
    config = {"@type": "type.googleapis.com/envoy.config.route.v3.RouteList", "routes": entries}
    return {"action": {"name": name, "typed_config": config}}


def _targets(hosts: str) -> Iterator[Json]:
    """Targets that two readers may read as two."""
    line = {"name": ":path", "string_match": {"safe_regex": {"regex": LINEAR}}, "invert_match": True}
    yield _direct({"prefix": "", "headers": [line]}, 400)
    escaped = {"name": ":path", "string_match": {"contains": "%25"}}
    twice = {"name": ":path", "string_match": {"safe_regex": {"regex": f"[^?]*{TWICE}.*"}}}
    yield _direct({"prefix": "", "headers": [escaped, twice]}, 400)
    waits = {
        "name": "expect",
        "string_match": {"safe_regex": {"regex": "(?i)100-continue"}},
        "invert_match": True,
    }
    yield _direct(
        {"prefix": "", "headers": [{"name": "expect", "present_match": True}, waits]},
        417,
        {"Connection": "close"},
    )
    joined = {
        "name": "authorization",
        "string_match": {"safe_regex": {"regex": "(?i)(?:basic|bearer) [^,]*,.*"}},
    }
    yield _direct({"prefix": "", "headers": [joined]}, 400)
    host = {"name": ":authority", "string_match": {"safe_regex": {"regex": HOST}}, "invert_match": True}
    yield _direct({"prefix": "", "headers": [host]}, 400)
    if hosts:
        listed = {"safe_regex": {"regex": f"(?i){hosts}"}}
        yield _direct(
            {"prefix": "", "headers": [{"name": ":authority", "string_match": listed, "invert_match": True}]},
            421,
        )


def _direct(match: Json, status: int, values: dict[str, str] | None = None) -> Json:
    made: Json = {"match": match, "direct_response": {"status": status}}
    if values:
        made["response_headers_to_add"] = added(values)
    return made


def _of_route(contract: Contract, policy: Policy, route: Route) -> Iterator[Json]:
    cors = {"envoy.filters.http.cors": _cors(contract, policy, route)} if policy.origins else {}
    for method, served in route.operations.items():
        yield from _of_operation(route, method, served, cors)
    if policy.origins and "OPTIONS" not in route.operations:
        yield from _preflights(policy, route, cors)
    allow = ", ".join(sorted(route.path.methods))
    made = _direct(_match(route), 405, {"Allow": allow})
    yield {**made, **({"typed_per_filter_config": cors} if cors else {})}


def _preflights(policy: Policy, route: Route, cors: Json) -> Iterator[Json]:
    """Envoy's filter answers those of listed origins before they go anywhere; it does nothing for direct answers."""
    verb = {"name": ":method", "string_match": {"exact": "OPTIONS"}}
    asked = {"name": "access-control-request-method", "present_match": True}
    listed = "|".join(re.escape(origin) for origin in policy.origins)
    origin = {"name": "origin", "string_match": {"safe_regex": {"regex": listed}}}
    taken: Json = {"route": {"cluster": "api"}, "typed_per_filter_config": cors}
    yield {"match": _match(route, verb, asked, origin), **taken}
    yield _direct(_match(route, verb, asked, {"name": "origin", "present_match": True}), 403)


def _of_operation(route: Route, method: str, served: Served, cors: Json) -> Iterator[Json]:
    """One route for each alternative of its credentials, and one for who brings none."""
    verb = {"name": ":method", "string_match": {"exact": method}}
    if served.operation.body is None:
        for name, value in (("content-length", "0*[1-9].*"), ("transfer-encoding", ".*")):
            body = {"name": name, "string_match": {"safe_regex": {"regex": value}}}
            yield _direct(_match(route, verb, body), 415, {"Connection": "close"})
    named = {"operation": f"{route.key} {method}"}
    taken: Json = {
        "route": {"cluster": "api", **({"timeout": "15s"} if keeps_answers(served) else _STREAMED)},
        "metadata": {"filter_metadata": {LUA: named, HEADS: named}},
        "typed_per_filter_config": {**cors, **_scripts(served)},
    }
    if not served.has_ranges:
        taken["request_headers_to_remove"] = ["range"]
    for alternative in served.demand.alternatives or ((),):
        match = _match(route, verb)
        for credential in alternative:
            _demand(match, credential)
        yield {"match": match, **taken}
    if served.demand.alternatives:
        challenge = ", ".join(c.decode("ascii") for c in served.demand.challenges)
        denied = _direct(_match(route, verb), 401, {"WWW-Authenticate": challenge})
        yield {**denied, **({"typed_per_filter_config": cors} if cors else {})}


def _scripts(served: Served) -> Json:
    reads, keeps = reads_requests(served), keeps_answers(served)
    made: Json = {}
    if reads or keeps:
        name = "guard" if reads and keeps else "requests" if reads else "answers"
        made[LUA] = {"@type": f"{FILTERS}.lua.v3.LuaPerRoute", "name": name}
    if not keeps:
        made[HEADS] = let_out(served)
    return made


def _match(route: Route, *matchers: Json) -> Json:
    if route.path.fixed:
        return {"path": route.path.sent, "headers": list(matchers)}
    return {"safe_regex": {"regex": route.path.sent_pattern}, "headers": list(matchers)}


def _demand(match: Json, credential: Credential) -> None:
    name = credential.name.decode("ascii")
    if credential.where == "header":
        schemes = "|".join(re.escape(prefix.decode("ascii")) for prefix in credential.prefixes)
        value = rf"(?i)\s*(?:{schemes}) +\S.*" if schemes else r"\s*\S.*"
        match["headers"].append({"name": name, "string_match": {"safe_regex": {"regex": value}}})
    elif credential.where == "query":
        found = {"name": name, "string_match": {"safe_regex": {"regex": ".+"}}}
        match.setdefault("query_parameters", []).append(found)
    elif credential.where == "cookie":
        value = rf"(?:.*;)?\s*{re.escape(name)}=[^;].*"
        match["headers"].append({"name": "cookie", "string_match": {"safe_regex": {"regex": value}}})


def _cors(contract: Contract, policy: Policy, route: Route) -> Json:
    made: Json = {
        "@type": f"{FILTERS}.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in policy.origins],
        "allow_methods": ", ".join(route.path.methods),
        "allow_headers": ", ".join(route.path.request_headers),
        "expose_headers": ", ".join(route.path.response_headers),
        "max_age": "600",
        "forward_not_matching_preflights": False,
    }
    if uses_cookies(contract):
        made["allow_credentials"] = True
    return {key: value for key, value in made.items() if value != ""}

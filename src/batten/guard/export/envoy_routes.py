"""Envoy's routes: one list of them for each text that paths begin with, found by the longest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from batten.contract import Contract
from batten.contract.surface import uses_cookies
from batten.guard.compiled import Compiled
from batten.guard.export.envoy_answers import let_out
from batten.guard.export.routes import Route, keeps_answers, reads_requests
from batten.guard.export.senders import hosts_pattern
from batten.guard.served import Served
from batten.harden.edge import Cors
from batten.harden.edges.envoy import kinds
from batten.harden.edges.envoy.headers import FILTERS, added, unshared
from batten.harden.edges.envoy.routing import direct, has_body, header, match, preflight, shared, tree
from batten.harden.kinds import Kind
from batten.policy import Policy

Json = dict[str, Any]
LUA, HEADS = "envoy.filters.http.lua", "batten.heads"  # filters by name
_STREAMED = {"timeout": "0s", "idle_timeout": "15s"}
_ASKS = {"name": "access-control-request-method", "present_match": True}


def routing(
    compiled: Compiled,
    contract: Contract,
    policy: Policy,
    found: tuple[Route, ...],
    own: Mapping[str, Kind],
    sent: dict[str, str],
    scheme: str,
) -> Json:
    """`own` are headers by template, `scheme` is what clients speak to Envoy."""
    lists = (
        (route.path.sent_prefix, [*_of_route(contract, policy, route, own.get(route.path.template))])
        for route in found
    )
    unknown = [{"match": {"prefix": "/"}, **direct(404)}, {"match": {"prefix": ""}, **direct(400)}]
    return {
        "name": "api",
        "response_headers_to_add": added(sent),
        "response_headers_to_remove": unshared(),
        "request_headers_to_add": added(
            {
                "accept-encoding": "identity",
                "x-forwarded-for": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
                "x-forwarded-proto": scheme,
            }
        ),
        "virtual_hosts": [
            {"name": "api", "domains": ["*"], "matcher": tree(hosts_pattern(compiled), lists, unknown)}
        ],
    }


def _of_route(contract: Contract, policy: Policy, route: Route, kind: Kind | None) -> Iterator[Json]:
    shares = Cors(origins=policy.origins, credentials=uses_cookies(contract))
    cors = {"envoy.filters.http.cors": shared(route.path, shares, forwarded=False)} if policy.origins else {}
    for method, served in route.operations.items():
        for made in _of_operation(route, method, served, cors):
            yield _of_kind(made, kind) if kind is not None and "route" in made else made
    if policy.origins and "OPTIONS" not in route.operations:
        yield {
            "match": preflight(route.path, shares),
            "route": {"cluster": "api"},
            "typed_per_filter_config": cors,
        }
        foreign = {"name": "origin", "present_match": True}
        yield {"match": match(route.path, header(":method", "OPTIONS"), _ASKS, foreign), **direct(403)}
    allow = ", ".join(sorted(route.path.methods))
    yield {"match": match(route.path), **direct(405, {"Allow": allow})}


def _of_kind(made: Json, kind: Kind) -> Json:
    marks, said = kinds.of_route(kind)
    own = {**made["typed_per_filter_config"], **said}
    return {**made, "response_headers_to_add": marks, "typed_per_filter_config": own}


def _of_operation(route: Route, method: str, served: Served, cors: Json) -> Iterator[Json]:
    """One route for each alternative of its credentials, and one for who brings none."""
    verb = {"name": ":method", "string_match": {"exact": method}}
    if served.operation.body is None:
        for body in has_body():
            yield {"match": match(route.path, verb, body), **direct(415, {"Connection": "close"})}
    named = {"operation": f"{route.key} {method}"}
    reads, keeps = reads_requests(served), keeps_answers(served)
    made: Json = {}
    if reads or keeps:
        name = "guard" if reads and keeps else "requests" if reads else "answers"
        made[LUA] = {"@type": f"{FILTERS}.lua.v3.LuaPerRoute", "name": name}
    if not keeps:
        made[HEADS] = let_out(served)
    taken: Json = {
        "route": {"cluster": "api", **({"timeout": "15s"} if keeps_answers(served) else _STREAMED)},
        "metadata": {"filter_metadata": {LUA: named, HEADS: named}},
        "typed_per_filter_config": {**cors, **made},
    }
    if not served.has_ranges:
        taken["request_headers_to_remove"] = ["range"]
    for alternative in served.demand.alternatives or ((),):
        asked = match(route.path, verb)
        for credential in alternative:
            demand_name = credential.name.decode("ascii")
            if credential.where == "header":
                schemes = "|".join(re.escape(prefix.decode("ascii")) for prefix in credential.prefixes)
                value = rf"(?i)\s*(?:{schemes}) +\S.*" if schemes else r"\s*\S.*"
                asked["headers"].append(
                    {"name": demand_name, "string_match": {"safe_regex": {"regex": value}}}
                )
            elif credential.where == "query":
                found = {"name": demand_name, "string_match": {"safe_regex": {"regex": ".+"}}}
                asked.setdefault("query_parameters", []).append(found)
            elif credential.where == "cookie":
                value = rf"(?:.*;)?\s*{re.escape(demand_name)}=[^;].*"
                asked["headers"].append({"name": "cookie", "string_match": {"safe_regex": {"regex": value}}})
        yield {"match": asked, **taken}
    if served.demand.alternatives:
        challenge = ", ".join(c.decode("ascii") for c in served.demand.challenges)
        yield {"match": match(route.path, verb), **direct(401, {"WWW-Authenticate": challenge})}

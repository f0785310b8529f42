"""Envoy: one bootstrap with static resources, and no administration interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from batten.harden.acme import CHALLENGE
from batten.harden.documents import problem
from batten.harden.edge import ANSWER, BODY, HEAD, MOST_HEADERS, QUIET, Edge, Route
from batten.harden.edges.envoy import answers, clients, headers, kinds, limits, routing, sockets
from batten.harden.edges.envoy.listener import cluster, encrypted, listener, named, secret
from batten.harden.edges.envoy.manager import ROUTER, manager, mappers
from batten.harden.edges.envoy.text import Own, yaml
from batten.harden.heads import hosts_pattern
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options

Json = dict[str, Any]
FILE, CERTIFICATE = "envoy.yaml", "certificate.yaml"
HSTS = "Strict-Transport-Security"
CORS = "envoy.filters.http.cors"
MOST_PROGRAM = 2_000  # of a regular expression; the one for targets takes some 650
NOTES = (
    f"Envoy does not limit connections by address: all clients together have {limits.CONNECTIONS}",
    "Envoy does not limit the length of a target: a header section has 32 KiB at most",
    "Envoy sets no attributes of cookies: the API has to",
)


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    edge = intent.edge
    head = (
        f"# The edge of {edge.title or 'the API'}, written by `batten harden envoy`.",
        "# Generated from the contract and batten.yaml: change those, and generate it again.",
    )
    named = (
        {"node": {"id": "edge", "cluster": "edge"}} if edge.acme is not None else {}
    )  # for what it watches
    texts = {
        FILE: {
            **named,
            "layered_runtime": {"layers": [{"name": "batten", "static_layer": sizes()}]},
            "overload_manager": limits.overload(),
            "static_resources": {
                "listeners": [*_listeners(edge, intent.options)],
                "clusters": [*_clusters(edge)],
            },
        }
    }
    if edge.acme is not None:
        texts[CERTIFICATE] = secret(edge.certificate, edge.key)
    return Made({name: "\n".join((*head, yaml(text))) for name, text in texts.items()}, notes=NOTES)


def _clusters(edge: Edge) -> Iterator[Json]:
    yield cluster(edge.upstream, edge.upstream_ca, limits.BUFFER)
    if edge.plain_port and edge.acme is not None:
        yield cluster(edge.acme.responder, "", limits.BUFFER, "acme")


def sizes() -> Json:
    """Of expressions; and of headers, of which no tables are made, for few are looked for."""
    programs = {
        "re2.max_program_size.error_level": MOST_PROGRAM,
        "re2.max_program_size.warn_level": MOST_PROGRAM,
    }
    return {**programs, "envoy.http.headermap.lazy_map_min_size": MOST_HEADERS + 1}


def _listeners(edge: Edge, options: Options) -> Iterator[Json]:
    sent = {**edge.sent, **({"Vary": "Origin"} if edge.cors else {})}
    filters = [*_filters(edge, sent), ROUTER]
    whole = manager(
        "api",
        _routes(edge),
        filters,
        [*mappers(problem, sent, edge.cors, limits.LATER)],
        HEAD + 2 * BODY,
        secure=True,
        proxies=clients.saying(edge.proxies, edge.proxy_protocol),
        early=(headers.early(edge.stripped),),
        any_verb=True,
    )
    whole["access_log"] = [logged(options)]
    kept = f"{options.settings or '/etc/envoy'}/{CERTIFICATE}" if edge.acme is not None else ""
    tls = encrypted(edge.certificate, edge.key, edge.ciphers, edge.curves, kept)
    yield clients.behind(
        named(listener("api", (edge.host, edge.port), whole, tls, limits.BUFFER), edge.names),
        edge.proxies,
        edge.proxy_protocol,
    )
    if edge.plain_port:
        plainly = {name: value for name, value in edge.sent.items() if name != HSTS}
        # 308 keeps verb and body. HSTS would be ignored here (RFC 6797, 7.2).
        port = {} if edge.public == 443 else {"port_redirect": edge.public}
        moved = {"https_redirect": True, **port, "response_code": "PERMANENT_REDIRECT"}
        challenges = [_challenges()] if edge.acme is not None else []
        redirecting = manager(
            "plain",
            {
                "name": "plain",
                "response_headers_to_add": headers.added(plainly),
                "response_headers_to_remove": list(headers.ALWAYS_HIDDEN),
                "virtual_hosts": [
                    {
                        "name": "api",
                        "domains": list(edge.names),
                        "routes": [*challenges, {"match": {"prefix": "/"}, "redirect": moved}],
                    },
                    {
                        "name": "others",
                        "domains": ["*"],
                        "routes": [{"match": {"prefix": ""}, **routing.direct(421)}],
                    },
                ],
            },
            [ROUTER],
            [*mappers(problem, plainly)],
            HEAD,
            secure=False,
            proxies=clients.saying(edge.proxies, edge.proxy_protocol),
            early=(headers.early(edge.stripped),),
        )
        redirecting["strip_any_host_port"] = True
        redirecting["access_log"] = [logged(options)]
        place = (edge.plain_host, edge.plain_port)
        yield clients.behind(
            listener("plain", place, redirecting, None, limits.BUFFER), edge.proxies, edge.proxy_protocol
        )


def _filters(edge: Edge, sent: Mapping[str, str]) -> Iterator[Json | Own]:
    yield from kinds.filters(edge.named_kinds)
    if edge.cors:
        yield {"name": CORS, "typed_config": {"@type": f"{headers.FILTERS}.cors.v3.Cors"}}
    yield limits.rate(edge.rate, wide=bool(edge.proxies) or ":" in edge.host)
    yield limits.bodies(edge.body)
    yield answers.filter_()
    yield Own("filters", "Your own HTTP filters.")
    answered = headers.outward((*edge.hidden, *edge.extra_headers), sent, shared=edge.cors is not None)
    # Beside X-Forwarded-Proto, which Envoy itself says of each request.
    yield headers.changed(
        headers.forwarded(
            {
                "X-Forwarded-Host": edge.names[0],
                "X-Forwarded-For": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
                "X-Real-IP": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
                "X-Forwarded-Port": str(edge.public),
            }
        ),
        answered,
    )


def _routes(edge: Edge) -> Json:
    lists = (
        *sockets.lists(edge),
        *((route.path.sent_prefix, [*_of_route(route, edge)]) for route in edge.routes),
    )
    host = {
        "name": "api",
        "domains": ["*"],
        "matcher": routing.tree(
            hosts_pattern(edge.names), lists, [{"match": {"prefix": ""}, **routing.direct(404)}]
        ),
    }
    removed = {"response_headers_to_remove": headers.unshared()} if edge.cors else {}
    return {"name": "api", **removed, "virtual_hosts": [host]}


def _of_route(route: Route, edge: Edge) -> Iterator[Json]:
    path = route.path
    cors = {CORS: routing.shared(path, edge.cors, forwarded=True)} if edge.cors else {}
    verb = routing.verb(path.methods)
    taken = {
        "cluster": "api",
        **_waiting(route),
        "host_rewrite_literal": edge.names[0],
    }
    own = {limits.BODIES: limits.body(route.body), answers.INSTEAD: answers.instead(path.errors)}
    forwarded: Json = {"match": routing.match(path, verb, routing.fits(route.body)), "route": taken}
    if kind := edge.kinds.get(path.template):
        forwarded["response_headers_to_add"], said = kinds.of_route(kind)
        own |= said
    if route.socket:
        yield from sockets.routes(replace(path, methods=("GET",)), edge)
    yield {**forwarded, "typed_per_filter_config": {**cors, **own}}
    yield {"match": routing.match(path, verb), **routing.direct(413, {"Connection": "close"})}
    if edge.cors and "OPTIONS" not in path.methods:
        listed = routing.preflight(path, edge.cors)
        yield {"match": listed, "route": {"cluster": "api"}, "typed_per_filter_config": cors}
    yield {"match": routing.match(path), **routing.direct(405, {"Allow": route.allow})}


def _waiting(route: Route) -> Json:
    """A stream of events has no end that is known."""
    return {"timeout": "0s", "idle_timeout": f"{QUIET}s"} if route.stream else {"timeout": f"{ANSWER}s"}


def _challenges() -> Json:
    """The whole target is compared, its query too; what has a body is redirected as everything is."""
    bare = ({"name": name, "present_match": False} for name in ("content-length", "transfer-encoding"))
    asked = [routing.header(":method", "GET"), routing.header(":path", CHALLENGE), *bare]
    return {
        "match": {"safe_regex": {"regex": CHALLENGE}, "headers": asked},
        "route": {"cluster": "acme", "timeout": f"{ANSWER}s"},
        "request_headers_to_remove": ["authorization", "cookie"],
        "response_headers_to_add": headers.added({"Content-Type": "text/plain"}),
    }


def logged(options: Options) -> Json:
    """An object a line, without queries and headers: they carry credentials."""
    told = {"client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "time": "%START_TIME%", "method": "%REQ(:METHOD)%",
            "path": "%REQ_WITHOUT_QUERY(:PATH)%", "status": "%RESPONSE_CODE%", "bytes": "%BYTES_SENT%",
            "milliseconds": "%DURATION%", "id": "%REQ(X-REQUEST-ID)%"}  # fmt: skip
    return log(told, "" if options.streams or not options.prefix else f"{options.prefix}/access.log")


def log(told: Mapping[str, str], path: str) -> Json:
    """Into a file, or to standard output where `path` is ""."""
    without = "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"
    formatter = {"name": "envoy.formatter.req_without_query", "typed_config": {"@type": without}}
    kind = "type.googleapis.com/envoy.extensions.access_loggers." + (
        "file.v3.FileAccessLog" if path else "stream.v3.StdoutAccessLog"
    )
    written: Json = {"@type": kind, **({"path": path} if path else {})}
    written["log_format"] = {"json_format": dict(told), "formatters": [formatter]}
    return {"name": f"envoy.access_loggers.{'file' if path else 'stdout'}", "typed_config": written}

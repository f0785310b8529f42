"""nginx with its Lua module: routing, verbs, CORS, headers and limits are its own, and Lua reads bodies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.contract import Contract
from batten.guard.compiled import Compiled
from batten.guard.export.documents import document, sent_headers
from batten.guard.export.made import MOST_BODY, Export, Supervised
from batten.guard.export.operations import Operations
from batten.guard.export.routes import Route, routes
from batten.guard.export.senders import hosts_pattern, port_of
from batten.guard.lua import program
from batten.guard.senders.hosts import server_names
from batten.harden.edge import Edge, edge_of
from batten.harden.edges.nginx import heads, kinds
from batten.harden.edges.nginx import maps as nginx_maps
from batten.harden.edges.nginx import rendering as nginx
from batten.harden.edges.nginx import server as nginx_server
from batten.harden.edges.nginx.text import block, quoted, table
from batten.harden.options import Options
from batten.model.record import record
from batten.policy import Policy

CONFIGURATION, MODULE = "nginx.conf", "batten_guard.lua"
UPSTREAM = "/.upstream"
POOL = 128  # connections to the upstream that a worker keeps, as `guard run` does without an engine
CONNECTIONS = 4096  # of each worker: clients and the upstream
DROPPED = (
    "If-Range",
    "TE",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authorization",
    "HTTP2-Settings",
    "Expect",
)


@record
class Place:
    """`folder` is where the files will lie; `modules` where nginx's modules are, "" where they are built in.

    Without TLS (`secure`) something in front must speak it.
    """

    folder: str
    modules: str = "modules"
    secure: bool = True
    run: Supervised | None = None


def export(contract: Contract, policy: Policy, options: Options, place: Place) -> Export:
    """Raises ExportProblem and HardenProblem."""
    compiled, found = routes(contract, policy, options.unjudged, port_of(options.listen))
    edge = edge_of(contract, replace(policy, hosts=server_names(policy.hosts)), options)
    operations = Operations(contract, found, compiled.usable.listed, policy.leniency.websockets)
    module = [*operations.module(), *program.source_of("nginx").rstrip("\n").split("\n")]
    plain = tuple(replace(route, socket=False) for route in edge.routes)  # no upgrade is forwarded
    edge = replace(edge, sent=sent_headers(compiled, policy, place.secure), routes=plain, listed=())
    whole = _Whole(compiled, options, place, found, edge)
    conf = "\n".join(_lines(whole, tuple(operations.notes)))
    return Export({CONFIGURATION: conf + "\n", MODULE: "\n".join(module) + "\n"}, tuple(operations.notes))


@record
class _Whole:
    """All that the configuration is written from."""

    compiled: Compiled
    options: Options
    place: Place
    found: tuple[Route, ...]
    edge: Edge


def _lines(whole: _Whole, notes: tuple[str, ...]) -> Iterator[str]:
    place = whole.place
    yield "# Written by `batten guard export nginx` from the contract and batten.yaml: change those, and export again."
    yield from (f"# Not enforced: {note}" for note in notes)
    if place.modules:
        yield f'load_module "{place.modules}/ndk_http_module.so";'
        yield f'load_module "{place.modules}/ngx_http_lua_module.so";'
    run = place.run
    for line in nginx.main(whole.options, CONNECTIONS):
        if run and line.startswith("worker_processes"):
            yield f"worker_processes {run.workers};"
        else:
            yield "error_log stderr warn;" if run and line.startswith("error_log") else line
    yield ""
    yield from block("events", (f"worker_connections {CONNECTIONS};",))
    yield ""
    yield from block("http", _http(whole))


def _any_host(place: Place) -> bool:
    return place.run is not None and place.run.any_host


def _http(whole: _Whole) -> Iterator[str]:
    edge, options, place = whole.edge, whole.options, whole.place
    # Limits of rates are an edge's; one that is run as the guard has those of the guard.
    for line in (*nginx.basics(options), *nginx.limits(edge)):
        if place.run is None or not line.startswith(("limit_", "log_format", "access_log", "# No queries")):
            yield line
    yield from nginx.clients(edge)
    yield f"client_body_buffer_size {options.body};"
    if place.secure:
        yield from nginx.tls(edge)
    yield from nginx_maps.maps(edge)
    yield from kinds.maps(edge, f'"$replaced{kinds.KIND}"')  # what Lua replaces is the guard's own
    # What is wrong with a request before anybody looks into the contract.
    yield from heads.maps(hosts_pattern(whole.compiled), _methods(whole))
    yield "# Range requests, where the contract declares them."
    ranges = ((route.path, "$http_range" if route.has_ranges else "") for route in whole.found)
    yield from nginx_maps.by_path("$range", ranges)
    if whole.edge.cors is not None:
        asked = '"$request_method|$cors_origin|$http_origin|$http_access_control_request_method"'
        yield from table(asked, "$foreign", ((quoted(r"~^OPTIONS\|\|.+\|.+$"), "1"),))
    if place.run is not None:
        fields = {"m": "$request_method", "p": "$asked_path", "s": "$status", "t": "$request_time", "u": "$upstream_status",
                  "a": "$answered", "r": "$reason"}  # fmt: skip
        text = ",".join(f'"{key}":"{value}"' for key, value in fields.items())
        yield "# No queries and no headers in the log: they carry credentials."
        yield from table("$request_uri", "$asked_path", ((quoted("~^(?<path_alone>[^?]*)"), "$path_alone"),))
        yield f"log_format guard escape=json '{{{text}}}';"
        yield f'access_log "{place.run.log}" guard buffer=32k flush=1s;'
        inside = ("stub_status;", "access_log off;")
        yield from block(
            "server",
            (f'listen "unix:{place.run.control}";', "access_log off;", *block("location = /status", inside)),
        )
    yield "# All errors have the same size, so that it reveals nothing."
    yield from nginx_maps.documents(lambda status: document(status, "$request_id", 32))
    yield ""
    yield f'lua_package_path "{place.folder}/?.lua;;";'
    tells = " guard.tells = true" if place.run else ""
    yield f'init_by_lua_block {{ guard = require "batten_guard"{tells} }}'
    yield from nginx.upstream(edge, POOL if place.run else 16)
    if place.secure and not _any_host(place):
        yield from nginx_server.strangers(edge, options.version)
        yield ""
    yield from block("server", _server(whole))
    if place.secure and edge.plain_port:
        yield ""
        yield from nginx_server.redirecting(edge)


def _methods(whole: _Whole) -> Iterator[str]:
    return (method for route in whole.found for method in route.operations)


def _server(whole: _Whole) -> Iterator[str]:
    edge, options, place = whole.edge, whole.options, whole.place
    yield f"{nginx_server.listen(edge.listen, edge)}{' ssl' if place.secure else ''};"
    if place.secure and not _any_host(place):
        yield f"server_name {' '.join(edge.names)};"
    if place.run:
        yield 'set $reason "";'
        yield 'set $answered "";'
    yield ""
    yield from nginx_server.sent(nginx_server.by_kind(edge))
    if edge.cors is not None:
        yield from nginx_server.cors_headers(edge.cors)
        yield from nginx_server.preflight_headers()
    yield from nginx_server.unset(edge)
    yield ""
    # Cookies are the business of Lua.
    for line in nginx_server.forwarding(
        edge, "$http_host" if _any_host(place) else edge.names[0], "$request_id"
    ):
        if place.run and not place.secure and line.startswith("proxy_set_header X-Forwarded-Proto"):
            yield "proxy_set_header X-Forwarded-Proto $scheme;"
        else:
            yield line
    yield "# Content codings that cannot be decoded here are not requested."
    yield "proxy_set_header Accept-Encoding identity;"
    yield "proxy_set_header Range $range;"
    yield from (f'proxy_set_header {name} "";' for name in DROPPED)
    yield ""
    yield from nginx_server.errors(nginx_server.CLOSING)
    yield from nginx_server.closing()
    yield ""
    yield from heads.refusals(hosts_pattern(whole.compiled), _methods(whole))
    for route in whole.found:
        yield ""
        path = route.path
        match = f"= {quoted(path.fixed)}" if path.fixed else f"~ {quoted(path.pattern)}"
        yield f"# {' '.join(path.methods)} {nginx_server.commented(path.template)}"
        yield from block(f"location {match}", _inside(route, edge, options))
    yield ""
    yield from block("location /", ("return 404;",))
    yield ""
    # Where the upstream is asked; the API's own errors are looked at like any answer.
    inside = (
        "internal;",
        "error_page 599 =599 @problem;",
        "proxy_buffering off;",
        "proxy_buffer_size 8k;",
        f"body_filter_by_lua_block {{ return guard.count({MOST_BODY}) }}",
        f"proxy_pass {_scheme(options)}://api$request_uri;",
    )
    yield from block(f"location = {UPSTREAM}", inside)
    yield ""
    yield from block("location @stream", _stream(options, "ngx.var.route"))
    yield ""
    own = nginx_server.of_errors(edge.sent, edge.cors, edge.extra_headers)
    yield from nginx_server.problems(nginx_server.PROBLEM, own)


def _inside(route: Route, edge: Edge, options: Options) -> Iterator[str]:
    if route.judged:
        yield f'set $route "{route.key}";'
    yield 'set $replaced "";'
    if edge.cors is not None and "OPTIONS" not in route.path.methods:
        yield from block("if ($preflight)", ("return 204;",))
        yield from block("if ($foreign)", ("return 403;",))
    verbs = route.path.methods
    yield from block(f"if ($request_method {nginx_server.other_than(verbs)})", ("return 405;",))
    if kind := edge.kinds.get(route.path.template):
        yield f"set {kinds.KIND} {kind.name};"
    if route.asks:
        yield f'access_by_lua_block {{ guard.access("{route.key}", {options.most_body}) }}'
    if route.judged:
        yield f'content_by_lua_block {{ guard.serve("{route.key}", "{UPSTREAM}", "@stream") }}'
    else:
        verbs = tuple(route.operations)
        yield from _stream(options, ", ".join(map(quoted, (route.key, *(verbs if len(verbs) == 1 else ())))))


def _stream(options: Options, route: str) -> Iterator[str]:
    yield f"header_filter_by_lua_block {{ guard.head({route}) }}"
    yield "body_filter_by_lua_block { guard.body() }"
    yield f"proxy_pass {_scheme(options)}://api;"


def _scheme(options: Options) -> str:
    return "https" if options.target.secure else "http"

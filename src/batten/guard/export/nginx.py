"""nginx with its Lua module: routing, verbs, CORS, headers and limits are its own, and Lua reads bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.contract import Contract
from batten.contract.titles import TITLES
from batten.guard.compiled import Compiled
from batten.guard.export.documents import document, sent_headers
from batten.guard.export.made import MOST_BODY, Export, Supervised
from batten.guard.export.operations import Operations
from batten.guard.export.routes import Route, routes
from batten.guard.export.senders import hosts_pattern, port_of
from batten.guard.lua import program
from batten.guard.senders.hosts import server_names
from batten.harden.edges.nginx import maps as nginx_maps
from batten.harden.edges.nginx import rendering as nginx
from batten.harden.edges.nginx import server as nginx_server
from batten.harden.edges.nginx.text import block, quoted, table
from batten.harden.heads import HOPS, HOST, TARGET, VERBS, dropped
from batten.harden.options import Options
from batten.model.record import record
from batten.policy import Policy, headers

CONFIGURATION, MODULE = "nginx.conf", "batten_guard.lua"
UPSTREAM = "/.upstream"
MOST_TARGET = 8_000  # bytes
POOL = 128  # connections to the upstream that a worker keeps, as `guard run` does without an engine
CONNECTIONS = 4096  # of each worker: clients and the upstream
CLOSING = (413, 415, 417, 501)
# What nginx itself says or drops (harden.nginx_server).
FORWARDED = ("x-forwarded-host", "x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-port",
             *(name.lower() for name in headers.STRIPPED))  # fmt: skip
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
    names = nginx.names_of(contract, replace(policy, hosts=server_names(policy.hosts)), options)
    operations = Operations(contract, found, compiled.usable.listed)
    module = [*operations.module(), *program.source_of("nginx").rstrip("\n").split("\n")]
    conf = "\n".join(
        _lines(compiled, contract, policy, options, place, found, names, tuple(operations.notes))
    )
    return Export({CONFIGURATION: conf + "\n", MODULE: "\n".join(module) + "\n"}, tuple(operations.notes))


def _lines(
    compiled: Compiled, contract: Contract, policy: Policy, options: Options, place: Place, found: tuple[Route, ...],
    names: tuple[str, ...], notes: tuple[str, ...],
) -> Iterator[str]:  # fmt: skip
    yield "# Written by `batten guard export nginx` from the contract and batten.yaml: change those, and export again."
    yield from (f"# Not enforced: {note}" for note in notes)
    if place.modules:
        yield f'load_module "{place.modules}/ndk_http_module.so";'
        yield f'load_module "{place.modules}/ngx_http_lua_module.so";'
    yield from _main(options, place.run)
    yield "pcre_jit on;"
    yield ""
    yield from block("events", (f"worker_connections {CONNECTIONS};",))
    yield ""
    yield from block("http", _http(compiled, contract, policy, options, place, found, names))


def _any_host(place: Place) -> bool:
    return place.run is not None and place.run.any_host


def _main(options: Options, run: Supervised | None) -> Iterator[str]:
    for line in nginx.main(options, CONNECTIONS):
        if run and line.startswith("worker_processes"):
            yield f"worker_processes {run.workers};"
        else:
            yield "error_log stderr warn;" if run and line.startswith("error_log") else line


def _basics(options: Options, run: Supervised | None) -> Iterator[str]:
    """Limits of rates are an edge's; one that is run as the guard has those of the guard."""
    for line in (*nginx.basics(options), *nginx.limits(options)):
        if run is None or not line.startswith(("limit_", "log_format", "access_log", "# No queries")):
            yield line


def _watched(run: Supervised) -> Iterator[str]:
    fields = {"m": "$request_method", "p": "$asked_path", "s": "$status", "t": "$request_time", "u": "$upstream_status",
              "a": "$answered", "r": "$reason"}  # fmt: skip
    text = ",".join(f'"{key}":"{value}"' for key, value in fields.items())
    yield "# No queries and no headers in the log: they carry credentials."
    yield from table("$request_uri", "$asked_path", ((quoted("~^(?<path_alone>[^?]*)"), "$path_alone"),))
    yield f"log_format guard escape=json '{{{text}}}';"
    yield f'access_log "{run.log}" guard buffer=32k flush=1s;'
    inside = ("stub_status;", "access_log off;")
    yield from block(
        "server", (f'listen "unix:{run.control}";', "access_log off;", *block("location = /status", inside))
    )


def _http(
    compiled: Compiled, contract: Contract, policy: Policy, options: Options, place: Place, found: tuple[Route, ...],
    names: tuple[str, ...],
) -> Iterator[str]:  # fmt: skip
    yield from _basics(options, place.run)
    yield f"client_body_buffer_size {options.body};"
    if place.secure:
        yield from nginx.tls(options)
    yield from nginx_maps.maps(contract, policy, tuple(route.path for route in found))
    yield from _heads(compiled, found, bool(policy.origins))
    if place.run is not None:
        yield from _watched(place.run)
    yield "# All errors have the same size, so that it reveals nothing."
    rows = ((str(status), document(status, "$request_id", 32)) for status in TITLES)
    yield from table("$status", "$problem", rows, document(0, "$request_id", 32))
    yield ""
    yield f'lua_package_path "{place.folder}/?.lua;;";'
    tells = " guard.tells = true" if place.run else ""
    yield f'init_by_lua_block {{ guard = require "batten_guard"{tells} }}'
    for line in nginx.upstream(options):
        yield line.replace("keepalive 16;", f"keepalive {POOL};") if place.run else line
    if place.secure and not _any_host(place):
        yield from nginx_server.strangers(policy, options)
        yield ""
    yield from block("server", _server(compiled, contract, policy, options, place, found, names))
    if place.secure and options.plain:
        yield ""
        yield from nginx_server.redirecting(policy, options, names)


def _heads(compiled: Compiled, found: tuple[Route, ...], cors: bool) -> Iterator[str]:
    """What is wrong with a request before anybody looks into the contract."""
    verbs = "|".join(dict.fromkeys((*VERBS, *(method for route in found for method in route.operations))))
    line = rf"^(?:{verbs}) (?=\S{{1,{MOST_TARGET}}} HTTP/)(?:{TARGET}) HTTP/(?:1\.1|2\.0|3\.0)$"
    long = rf"^\S+ /\S{{{MOST_TARGET}}}"
    yield "# Request lines that every server parses alike."
    yield from table("$request", "$bad_line", ((quoted(f"~{line}"), ""), (quoted(f"~{long}"), "414")), "400")
    yield from table("$http_host", "$bad_host", ((quoted(f"~{HOST}"), ""),), "1")
    listed = hosts_pattern(compiled)
    if listed:
        yield "# Other hosts are not served here."
        yield from table("$http_host", "$misdirected", ((quoted(f"~*{listed}"), ""),), "421")
    yield "# Connection must not remove headers that the contract needs."
    empty = ('""', "")  # which nginx holds against no expression
    yield from table("$http_connection", "$bad_connection", (empty, (quoted(f"~*{HOPS}"), "")), "1")
    yield from table("$http_expect", "$bad_expect", (empty, (quoted("~*^100-continue$"), "")), "417")
    whole = f'"$bad_line$bad_host$bad_connection$bad_expect{"$misdirected" if listed else ""}"'
    rows = (('""', ""), ('"417"', "417"), ('"421"', "421"), (quoted("~^414"), "414"))
    yield from table(whole, "$bad_head", rows, "400")
    yield from block("map $uri $not_taken", ("volatile;", "default $bad_head;", f'{nginx_maps.INTERNAL} "";'))
    yield "# Range requests, where the contract declares them."
    ranges = ((route.path, "$http_range" if route.has_ranges else "") for route in found)
    yield from nginx_maps.by_path("$range", ranges)
    if not cors:
        return
    asked = '"$request_method|$cors_origin|$http_origin|$http_access_control_request_method"'
    yield from table(asked, "$foreign", ((quoted(r"~^OPTIONS\|\|.+\|.+$"), "1"),))


def _server(
    compiled: Compiled, contract: Contract, policy: Policy, options: Options, place: Place, found: tuple[Route, ...],
    names: tuple[str, ...],
) -> Iterator[str]:  # fmt: skip
    yield f"listen {options.listen}{' ssl' if place.secure else ''};"
    if place.secure and not _any_host(place):
        yield f"server_name {' '.join(names)};"
    if place.run:
        yield 'set $reason "";'
        yield 'set $answered "";'
    yield ""
    sent = sent_headers(compiled, policy, place.secure)
    yield from nginx_server.sent(sent)
    yield "add_header Allow $allow always;"
    yield "add_header Retry-After $retry_after always;"
    if policy.origins:
        yield from nginx_server.cors_headers(contract)
    yield ""
    yield from _forwarding(policy, options, names, place)
    yield ""
    yield from nginx_server.errors(CLOSING)
    yield f"error_page {' '.join(map(str, CLOSING))} @closing;"
    yield ""
    yield "set $refused_with $not_taken;"
    yield from block("if ($refused_with = 414)", ("return 414;",))
    yield from block("if ($refused_with = 417)", ("return 417;",))
    if compiled.hosts is not None:
        yield from block("if ($refused_with = 421)", ("return 421;",))
    yield from block("if ($refused_with)", ("return 400;",))
    for route in found:
        yield ""
        yield from _location(route, bool(policy.origins), options)
    yield ""
    yield from block("location /", ("return 404;",))
    yield ""
    yield from _inner(options)
    yield from _problems()


def _forwarding(policy: Policy, options: Options, names: tuple[str, ...], place: Place) -> Iterator[str]:
    forwarding = nginx_server.forwarding(policy, options, ("$http_host",) if _any_host(place) else names)
    for line in forwarding:
        if place.run and not place.secure and line.startswith("proxy_set_header X-Forwarded-Proto"):
            yield "proxy_set_header X-Forwarded-Proto $scheme;"
        elif not line.startswith("proxy_cookie_flags"):  # Lua does that
            yield line
    yield "# Headers that only edges may set are removed."
    yield "proxy_headers_hash_max_size 2048;"
    yield "proxy_headers_hash_bucket_size 128;"
    yield from (f'proxy_set_header {name} "";' for name in dropped(FORWARDED))
    yield "# Content codings that cannot be decoded here are not requested."
    yield "proxy_set_header Accept-Encoding identity;"
    yield "proxy_set_header Range $range;"
    yield from (f'proxy_set_header {name} "";' for name in DROPPED)


def _location(route: Route, cors: bool, options: Options) -> Iterator[str]:
    path = route.path
    match = f"= {quoted(path.fixed)}" if path.fixed else f"~ {quoted(path.pattern)}"
    yield f"# {' '.join(path.methods)} {nginx_server.commented(path.template)}"
    yield from block(f"location {match}", _inside(route, cors, options))


def _inside(route: Route, cors: bool, options: Options) -> Iterator[str]:
    if route.judged:
        yield f'set $route "{route.key}";'
    yield 'set $replaced "";'
    if cors and "OPTIONS" not in route.path.methods:
        yield from block("if ($preflight)", ("return 204;",))
        yield from block("if ($foreign)", ("return 403;",))
    verbs = route.path.methods
    other = f"!= {verbs[0]}" if len(verbs) == 1 else f"!~ ^({'|'.join(verbs)})$"
    yield from block(f"if ($request_method {other})", ("return 405;",))
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


def _inner(options: Options) -> Iterator[str]:
    """Where the upstream is asked; the API's own errors are looked at like any answer."""
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


def _scheme(options: Options) -> str:
    return "https" if options.target.secure else "http"


def _problems() -> Iterator[str]:
    lines: Iterable[str] = ("types {}", "default_type application/problem+json;", "return 200 $problem;")
    yield from block("location @problem", lines)
    yield ""
    yield "# The rest of these connections may be ambiguous, so they are closed."
    yield from block("location @closing", ("keepalive_timeout 0;", *lines))
    yield ""
    yield from block(f"location = {nginx_maps.INTERNAL}", ("internal;", "keepalive_timeout 0;", *lines))

"""Caddy: one Caddyfile. Within `route` directives run in the order in which they stand.

https://caddyserver.com/docs/caddyfile/directives
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batten.harden.acme import Acme
from batten.harden.documents import MEDIA
from batten.harden.edge import ANSWER, BODY, HEAD, IDLE, MOST_HEAD, MOST_TARGET, Edge, Route
from batten.harden.edges.caddy import clients, kinds, sockets
from batten.harden.edges.caddy.paths import spelled
from batten.harden.edges.caddy.text import above, block, commented, line, literal
from batten.harden.edges.caddy.upstream import forwarded
from batten.harden.heads import HOPS, HOST, LINEAR, TWICE, TWO_LOGINS, TYPE
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options
from batten.harden.regions import region
from batten.harden.suites import iana
from batten.policy.senders import prefixes

FILE = "Caddyfile"
HSTS = "Strict-Transport-Security"
_CURVES = {"X25519": "x25519", "prime256v1": "secp256r1", "secp384r1": "secp384r1"}
# 4xx and 5xx by their own names, as Go has them.
_DOCUMENT = (
    literal('{"type":"about:blank","title":"')
    + "{err.status_text}"
    + literal('","status":')
    + "{err.status_code}"
    + literal("}")
)
NOTES = (
    "what Go's server refuses itself (requests that it cannot parse, heads that are too large, other expectations than 100-continue), "
    "and hosts that are not served, get an answer without a problem document, which names Caddy",
    "Caddy itself limits neither the rate nor the connections of an address; a module or a firewall does",
    "Caddy cuts a body without a length at its limit, and answers with an error of the upstream",
)


def render(intent: Intent) -> Made:
    edge = intent.edge
    notes = (*NOTES, *(clients.NOTES if edge.proxies else ()))
    return Made({FILE: "\n".join(_lines(edge, intent.options)) + "\n"}, notes=notes)


def _lines(edge: Edge, options: Options) -> Iterator[str]:
    yield f"# The edge of {commented(edge.title) or 'the API'}, written by `batten harden caddy`."
    yield "# Generated from the contract and batten.yaml: change those, and generate it again."
    yield "{"
    yield from (f"\t{each}" for each in _global(edge, options))
    yield "}"
    yield ""
    yield from block(_sites("https", edge.names, edge.host, edge.port), _api(edge, options))
    if clients.told(edge):
        yield from _others("https", edge.host, edge.port, _tls(edge))
    if edge.plain_port:
        yield ""
        yield from block(_sites("http", edge.names, edge.plain_host, edge.plain_port), _plain(edge))
        yield from _others("http", edge.plain_host, edge.plain_port)


def _others(scheme: str, host: str, port: int, *more: str) -> Iterator[str]:
    yield ""
    yield "# Other hosts get no answer."
    yield from block(f"{scheme}://:{port}", (*_bound(host), *more, "abort"))


def _global(edge: Edge, options: Options) -> Iterator[str]:
    yield "admin off"
    yield "auto_https disable_redirects"
    # Those that the outside's 80 and 443 lead to: challenges are answered there.
    if edge.acme is not None:
        if edge.plain_port not in (0, 80):
            yield f"http_port {edge.plain_port}"
        if edge.port != 443:
            yield f"https_port {edge.port}"
    folder = edge.acme.folder if edge.acme is not None and edge.acme.folder else options.prefix
    if folder:
        yield line("storage", "file_system", f"{folder}/caddy")
    timeouts = block(
        "timeouts", (f"read_header {HEAD}s", f"read_body {BODY}s", f"write {2 * ANSWER}s", f"idle {IDLE}s")
    )
    yield from block(
        "servers",
        (
            "protocols h1 h2",
            *clients.strictness(edge),
            f"max_header_size {MOST_HEAD // 1024}KB",
            *timeouts,
            *clients.servers(edge),
        ),
    )


def _sites(scheme: str, names: tuple[str, ...], host: str, port: int) -> str:
    return ", ".join(f"{scheme}://{name}:{port}" for name in names)


def _bound(host: str) -> Iterator[str]:
    if host:
        yield line("bind", host.strip("[]"))


def _api(edge: Edge, options: Options) -> Iterator[str]:
    yield from _bound(edge.host)
    yield from block(_tls(edge), _profile(edge))
    # No queries, no headers: they carry credentials.
    fields = (
        "request>headers delete",
        "request>tls delete",
        "resp_headers delete",
        "request>uri regexp `[?].*` ``",
    )
    format_ = block("format filter", ("wrap json", *block("fields", fields)))
    output = (
        "output stdout"
        if options.streams or not options.prefix
        else line("output", "file", f"{options.prefix}/access.log")
    )
    yield from block("log", (output, *format_))
    yield from block("route", _route(edge))
    yield from block("handle_errors", _errors(edge))


def _tls(edge: Edge) -> str:
    """Without a certificate Caddy gets one itself, by ACME."""
    files = edge.certificate and edge.acme is None
    return line("tls", edge.certificate, edge.key) if files else "tls"


def _profile(edge: Edge) -> Iterator[str]:
    yield "protocols tls1.2 tls1.3"
    yield line("ciphers", *iana(edge.ciphers))
    yield line("curves", *(_CURVES[name] for name in edge.curves))
    if edge.acme is not None:
        yield "key_type p256"
        yield from block("issuer acme", _issuer(edge.acme, bool(edge.plain_port)))


def _issuer(acme: Acme, plain: bool) -> Iterator[str]:
    """One authority, and no other when it does not answer. https://caddyserver.com/docs/caddyfile/directives/tls#acme"""
    yield line("dir", acme.directory)
    if acme.email:
        yield line("email", acme.email)
    if not plain:
        yield "disable_http_challenge"


def _route(edge: Edge) -> Iterator[str]:
    yield "# Sent with every answer."
    yield from block("header", (*_sent(kinds.fixed(edge)), "-Server", "defer"))
    yield from kinds.where_unset(edge)
    yield from _cors(edge, "defer")
    yield ""
    yield "# Requests that two servers may parse differently."
    refused = {
        414: f"size({{http.request.uri}}) > {MOST_TARGET}",
        400: f'!{{http.request.uri}}.matches(r"""{LINEAR}""") || {{http.request.uri}}.matches(r"""^[^?]*{TWICE}""")',
    }
    for status, expression in refused.items():
        yield f"@r{status} expression `{expression}`"
        yield f"error @r{status} {status}"
    for heads_name, header, expression, status in (
        ("host", "Host", HOST, 400),
        ("hops", "Connection", f"(?i){HOPS}", 400),
        ("type", "Content-Type", TYPE, 400),
    ):
        found = f"{{http.request.header.{header}}}" if header != "Host" else "{http.request.hostport}"
        absent = f'{found} != "" && ' if header != "Host" else ""
        yield f'@{heads_name} expression `{absent}!{found}.matches(r"""{expression}""")`'
        yield f"error @{heads_name} {status}"
    # Go's server takes an empty length for 0, and what follows for the next request.
    yield from block("@empty", ('header Content-Length ""',))
    yield "header @empty Connection close"
    yield "error @empty 400"
    login = "{http.request.header.Authorization}"
    yield f'@logins expression `{login}.matches(r"""{TWO_LOGINS}""")`'
    yield "error @logins 400"
    yield ""
    yield from clients.unclear(edge)
    yield "# The upstream gets the edge's own values, never those of clients."
    yield from (f"request_header -{name}" for name in _stripped(edge))
    yield from sockets.handshakes(edge)
    for number, path in enumerate(edge.listed, 1):
        yield ""
        yield from sockets.opened(f"s{number}", path, edge)
    for number, route in enumerate(edge.routes, 1):
        yield ""
        if route.socket:
            yield from sockets.opened(f"p{number}_socket", route.path, edge)
        yield from _path(f"p{number}", route, edge)
    yield ""
    yield from region("api", "Your own rules for this site.")
    yield ""
    yield "# Every other path is not found; no file is served from this machine."
    yield "error 404"


def _stripped(edge: Edge) -> Iterator[str]:
    """Whole families by what their names begin with; and names with underscores, which some servers take for hyphens."""
    families = prefixes()
    kept = sockets.UPGRADE if edge.sockets else ""
    yield from (name for name in edge.stripped if name != kept and not name.lower().startswith(families))
    yield from (f"{prefix}*" for prefix in families)
    yield "*_*"


def _sent(values: Mapping[str, str]) -> Iterator[str]:
    return (line(name, literal(value)) for name, value in values.items())


def _cors(edge: Edge, when: str = "") -> Iterator[str]:
    if edge.cors is None:
        return
    yield from block("header", ("+Vary Origin", *((when,) if when else ())))
    yield from block("@listed", (line("header", "Origin", origin) for origin in edge.cors.origins))
    grants = ["Access-Control-Allow-Origin {http.request.header.Origin}"]
    if edge.cors.credentials:
        grants.append("Access-Control-Allow-Credentials true")
    yield from block("header @listed", (*grants, *((when,) if when else ())))


def _path(key: str, route: Route, edge: Edge) -> Iterator[str]:
    path = route.path
    yield f"# {' '.join(path.methods)} {commented(path.template)}"
    yield line(f"@{key}", "path_regexp", spelled(path))
    yield from block(f"handle @{key}", block("route", _inside(key, route, edge)))


def _inside(key: str, route: Route, edge: Edge) -> Iterator[str]:
    path = route.path
    if edge.cors is not None:
        yield from _preflight(key, route, edge)
        if path.response_headers:
            yield from block(
                "header @listed",
                (line("Access-Control-Expose-Headers", ", ".join(path.response_headers)), "defer"),
            )
    yield line(f"@{key}_verb", "not", "method", *path.methods)
    yield line(f"header @{key}_verb", "Allow", route.allow)
    yield f"error @{key}_verb 405"
    yield f"@{key}_large header_regexp Content-Length {above(route.body)}"
    yield f"error @{key}_large 413"
    yield from block("request_body", (f"max_size {max(route.body, 1)}",))
    if kind := edge.kinds.get(path.template):
        yield from kinds.of_path(kind)
    if edge.sockets:
        yield f"request_header -{sockets.UPGRADE}"
    yield from forwarded(key, path, edge, edge.kinds.get(path.template))


def _preflight(key: str, route: Route, edge: Edge) -> Iterator[str]:
    path = route.path
    if "OPTIONS" in path.methods or edge.cors is None:
        return
    asks = (
        *(line("header", "Origin", origin) for origin in edge.cors.origins),
        "method OPTIONS",
        "header Access-Control-Request-Method *",
    )
    yield from block(f"@{key}_preflight", asks)
    grants = [line("Access-Control-Allow-Methods", route.allow), f"Access-Control-Max-Age {edge.cors.age}"]
    if path.request_headers:
        grants.append(line("Access-Control-Allow-Headers", ", ".join(path.request_headers)))
    yield from block(f"header @{key}_preflight", grants)
    yield f"respond @{key}_preflight 204"


def _errors(edge: Edge) -> Iterator[str]:
    """Problem documents (RFC 9457) for every error."""
    yield from block("header", (*_sent(edge.sent), line("Content-Type", MEDIA), "-Server"))
    yield from _cors(edge)
    yield f"respond `{_DOCUMENT}` {{err.status_code}}"


def _plain(edge: Edge) -> Iterator[str]:
    """308 keeps verb and body. HSTS would be ignored here (RFC 6797, 7.2)."""
    yield from _bound(edge.plain_host)
    port = "" if edge.public == 443 else f":{edge.public}"
    yield from block("header", (*_sent({n: v for n, v in edge.sent.items() if n != HSTS}), "-Server"))
    yield f"redir https://{{host}}{port}{{uri}} 308"

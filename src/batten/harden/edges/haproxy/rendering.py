"""HAProxy: one configuration, and the answers that it sends as they are."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.acme import CHALLENGE, Acme
from batten.harden.documents import problem
from batten.harden.edge import Edge, Route
from batten.harden.edges.haproxy import answers, kinds, limits, requests, server, sockets
from batten.harden.edges.haproxy.text import quoted, refused, replied, section
from batten.harden.heads import hosts_pattern
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options
from batten.harden.regions import region

FILE = "haproxy.cfg"
HSTS = "Strict-Transport-Security"
# What HAProxy says itself. Those of SILENT come before any rule, of its parser, and can only be left out: its page has no
# header of ours, and names the server to who knows it.
ERRORS = (403, 500, 501, 502, 503, 504)
SILENT = (400, 408, 422)
METHOD = "method -m reg ^[A-Z][A-Z_-]*$"


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    edge = intent.edge
    text = "\n".join(_lines(edge, intent.options)).rstrip("\n") + "\n"
    return Made({FILE: text}, notes=NOTES)


NOTES = (
    f"HAProxy counts bodies without a length up to {limits.COUNTED} bytes; clients must send larger ones with Content-Length",
    "HAProxy closes connections whose requests it cannot parse without an answer",
)


def _lines(edge: Edge, options: Options) -> Iterator[str]:
    yield f"# The edge of {edge.title or 'the API'}, written by `batten harden haproxy`."
    yield "# Generated from the contract and batten.yaml: change those, and generate it again."
    yield from section("global", _global(options))
    yield from section("crt-store edge", server.certificate(edge.certificate, edge.key))
    yield from server.resolvers(edge.upstream, *([edge.acme.responder] if edge.acme else []))
    yield from section("defaults", _defaults(edge))
    yield from section("frontend api", _api(edge))
    if edge.plain_port:
        yield from section("frontend plain", _plain(edge))
    yield from section("backend api", _upstream(edge))
    if edge.plain_port and edge.acme is not None:
        yield from section("backend acme", _responder(edge, edge.acme))


def _global(options: Options) -> Iterator[str]:
    yield from server.users(options.user)
    yield "log stdout len 8192 format raw daemon"
    yield f"maxconn {limits.CONNECTIONS}"
    yield f"tune.bufsize {limits.BUFFER}"
    yield f"tune.maxrewrite {limits.ROOM // 4}"
    yield f"tune.http.maxhdr {server.MOST_LINES}"


def _defaults(edge: Edge) -> Iterator[str]:
    yield from server.timeouts()
    yield from sockets.timeouts(edge)
    yield "retries 0"
    yield f"maxconn {limits.CONNECTIONS}"
    yield "log global"
    yield "option dontlognull"
    yield "# No queries and no headers in the log: they carry credentials."
    yield (
        'log-format "%{+json}o %(client)ci %(time)trg %(method)HM %(path)HPO %(status)ST %(bytes)B %(milliseconds)Ta %(id)ID"'
    )
    yield "unique-id-format %[uuid()]"
    yield from (f"errorfile {status} /dev/null" for status in SILENT)
    yield from (f"http-error {replied(status, problem)}" for status in ERRORS)


def _api(edge: Edge) -> Iterator[str]:
    keyed = _keyed(edge)
    ways = tuple((key, route.path) for key, route in keyed)
    named = all(not server.is_address(name) or name == "localhost" for name in edge.names)
    yield server.bind(edge.host, edge.port, server.tls(edge.ciphers, edge.curves, strict=named))
    yield "option disable-h2-upgrade"
    yield from limits.addresses(edge, problem)
    yield from requests.origins(edge.cors)
    yield from limits.rate(edge, problem)
    yield "# Requests that two servers may parse differently."
    yield from requests.heads(METHOD, hosts_pattern(edge.names), problem)
    yield from sockets.handshakes(edge)
    yield "# The paths and verbs of the contract."
    yield from requests.known(ways, problem)
    yield from sockets.opened(edge, problem)
    yield from requests.verbs(ways, edge.cors, problem, foreign=False)
    yield from limits.streams(keyed, "client")
    yield from limits.bodies(keyed, problem)
    yield "# The upstream gets the edge's own values, never those of clients."
    yield from requests.dropped()
    yield from sockets.forwarded(edge)
    yield from (
        f'http-request set-header {name} "{value}"'
        for name, value in {
            "Host": edge.names[0],
            "X-Forwarded-Host": edge.names[0],
            "X-Forwarded-For": "%[src]",
            "X-Real-IP": "%[src]",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Port": str(edge.public),
            "X-Request-ID": "%[unique-id]",
        }.items()
    )
    yield "# The edge answers these errors; the contract declares the others, which are forwarded."
    yield from answers.instead((*ways, *sockets.beside(edge)), problem)
    yield from kinds.answered(ways, edge.kinds)
    yield "# Headers that the edge sends itself, or that must not be sent, are removed from the upstream's answers."
    yield from answers.hidden(edge.hidden)
    yield from answers.cookies()
    yield "# Sent with every answer, errors included."
    yield from answers.sent(edge.sent, edge.cors)
    yield from kinds.sent(edge.kinds)
    yield from answers.credentials(edge.cors)
    yield from answers.exposed(ways, edge.cors)
    yield from region("api", "Your own rules for requests and answers.")
    yield "default_backend api"


def _keyed(edge: Edge) -> tuple[tuple[str, Route], ...]:
    return tuple((f"r{number}", route) for number, route in enumerate(edge.routes, 1))


def _upstream(edge: Edge) -> Iterator[str]:
    yield from limits.streams(_keyed(edge), "server")
    yield from server.upstream(edge.upstream, edge.upstream_ca)


def _plain(edge: Edge) -> Iterator[str]:
    """308 keeps verb and body. HSTS would be ignored here (RFC 6797, 7.2)."""
    port = "" if edge.public == 443 else f":{edge.public}"
    yield server.bind(edge.plain_host, edge.plain_port)
    yield "option disable-h2-upgrade"
    yield from limits.addresses(edge, problem, "api")
    yield "# Plain HTTP always redirects to the same path over TLS."
    yield f"http-request {refused(421, problem)} unless {{ req.hdr(host) -m reg -i '{hosts_pattern(edge.names)}' }}"
    if edge.acme is not None:
        yield "# Challenges of the certificate authority (RFC 8555, 8.3), in the one form that it asks for them."
        bare = "!{ req.hdr(content-length) -m found } !{ req.hdr(transfer-encoding) -m found }"
        yield f"http-request allow if {{ method GET }} {{ pathq -m reg {quoted(f'^{CHALLENGE}$')} }} {bare}"
    first, *others = edge.names
    for name in others:
        called = f"{{ req.hdr(host) -m reg -i '{hosts_pattern((name,))}' }}"
        yield f"http-request redirect prefix https://{name}{port} code 308 if {called}"
    yield f"http-request redirect prefix https://{first}{port} code 308"
    yield from (
        f'http-after-response set-header {name} "{value}"'
        for name, value in edge.sent.items()
        if name != HSTS
    )
    if edge.acme is not None:
        yield "default_backend acme"


def _responder(edge: Edge, acme: Acme) -> Iterator[str]:
    """It gets the path and no more of a request, and its answer is plain text."""
    yield f"http-request del-header {quoted('^(?![Hh][Oo][Ss][Tt]$)')} -m reg"
    yield f"http-response {refused(404, problem)} unless {{ status 200 }}"
    yield from answers.hidden(edge.hidden)
    yield "http-response set-header Content-Type text/plain"
    yield from server.upstream(acme.responder, "")

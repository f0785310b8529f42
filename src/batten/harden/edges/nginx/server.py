"""The three servers: for unknown host names, for the API, and the redirect to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from batten.contract.surface import EXPRESSION, Path
from batten.harden.acme import CHALLENGE, CHALLENGES, Acme
from batten.harden.edge import QUIET, Cors, Edge, Route
from batten.harden.edges.nginx import heads, sockets
from batten.harden.edges.nginx.kinds import KIND, variable
from batten.harden.edges.nginx.maps import INTERNAL, statuses
from batten.harden.edges.nginx.text import block, quoted
from batten.harden.heads import OF_A_HOP
from batten.harden.regions import region


# Paths with parameters by what they begin with: nginx finds a beginning in a tree, and then tries the expressions of that alone.
#
# Beginnings of which one begins another are one group, so a path is in no second one, and expressions are tried in their order.
def groups(routes: Iterable[Route]) -> Mapping[str, tuple[Route, ...]]:
    """Of those with parameters; nothing where all would be one group."""
    # Whole segments.
    begun = {
        route: (unquote(EXPRESSION.split(route.path.template)[0].rpartition("/")[0]) + "/")
        for route in routes
        if route.path.pattern
    }
    # Sorted; what begins with one of them is directly behind it.
    beginnings = begun.values()
    kept: list[str] = []
    for shortest_beginning in sorted(set(beginnings)):
        if not kept or not shortest_beginning.startswith(kept[-1]):
            kept.append(shortest_beginning)
    shortest = kept
    if len(shortest) < 2:
        return {}
    found: dict[str, list[Route]] = {}
    for route, beginning in begun.items():
        found.setdefault(shortest[bisect_right(shortest, beginning) - 1], []).append(route)
    return {beginning: tuple(own) for beginning, own in found.items()}


__all__ = ["groups"]


# Errors that nginx may find before it knows the path; it does not go to a named location then.
EARLY = (400, 414, 505)
HSTS = "Strict-Transport-Security"
REJECTS = (1, 19, 4)  # ssl_reject_handshake
OWN = ("Connection", "Upgrade", "Keep-Alive", "TE")  # nginx ends these itself, or it is said elsewhere
CLOSING = (413, 415, 417, 501)
# Names a request. A random one would cost a tenth of what a request costs altogether; connections are counted over all workers.
REQUEST = "$connection-$connection_requests"
UNIQUE = f"$msec-{REQUEST}"  # after a restart, too
PROBLEM = "$problem"  # the document of a status
Version = tuple[int, ...]
COOKIE_FLAGS = (1, 19, 3)  # proxy_cookie_flags


def strangers(edge: Edge, version: Version) -> Iterator[str]:
    """Requests for other host names get no answer, and no certificate where nginx can
    refuse the handshake."""
    yield "# Requests for other host names get no answer."
    yield from block("server", _strangers(edge, version))


def _strangers(edge: Edge, version: Version) -> Iterator[str]:
    yield f"{listen(edge.listen, edge)} ssl default_server;"
    if edge.plain_port:
        yield f"{listen(edge.plain, edge)} default_server;"
    yield "server_name _;"
    if version >= REJECTS:
        yield "ssl_reject_handshake on;"
    else:
        yield "# 444 sends no header; if it is replaced by an answer, clients must still get this one."
        yield from sent({HSTS: edge.sent[HSTS]})
    yield "# Requests that cannot be parsed come here as well."
    yield f"error_page {words(sorted((*EARLY, 405)))} 494 495 496 497 /;"
    yield "return 444;"


def listen(place: str, edge: Edge) -> str:
    return f"listen {place}{' proxy_protocol' if edge.proxy_protocol else ''}"


def api(edge: Edge, version: Version) -> Iterator[str]:
    yield from block("server", _api(edge, version))


def _api(edge: Edge, version: Version) -> Iterator[str]:
    yield f"{listen(edge.listen, edge)} ssl;"
    yield f"server_name {' '.join(edge.names)};"
    yield ""
    yield "# Sent with every answer. An add_header in a location would drop all of these."
    yield from sent(by_kind(edge))
    if edge.cors is not None:
        yield ""
        yield from cors_headers(edge.cors)
        yield from preflight_headers()
    yield from unset(edge)
    yield ""
    yield from forwarding(edge, edge.names[0])
    if version >= COOKIE_FLAGS:
        yield "proxy_cookie_flags ~ secure httponly samesite=lax;"
    yield ""
    yield from errors(CLOSING)
    yield from closing()
    yield ""
    yield from heads.refusals()
    yield from sockets.opened(edge)
    for path, name in sockets.ways(edge):
        if name:
            yield ""
            yield f"# WebSockets of {commented(path.template)}"
            yield from block(f"location @{name}", sockets.inside(_upstream(edge, path)))
    grouped = groups(edge.routes)
    for route in edge.routes:
        if not grouped or route.path.fixed:
            yield ""
            yield from _location(edge, route)
    for beginning, routes in grouped.items():
        inside = (line for route in routes for line in (*_location(edge, route), ""))
        yield ""
        yield from block(f"location {quoted(beginning)}", (*inside, "return 404;"))
    yield ""
    yield from region("api", "Your own rules for this server.")
    yield ""
    yield "# Every other path is not found; no file is served from this machine."
    yield from block("location /", ("return 404;",))
    yield ""
    yield from problems(PROBLEM, of_errors(edge.sent, edge.cors, edge.extra_headers))


def of_errors(
    values: Mapping[str, str], cors: Cors | None = None, without: Iterable[str] = ()
) -> tuple[str, ...]:
    """What an answer of the edge's own sends, and no other; `without` are headers that are not sent with it."""
    allowed = () if cors is None else cors_headers(cors)
    return (
        *sent({**values, **dict.fromkeys(without, "")}),
        *allowed,
        "add_header Allow $allow always;",
        "add_header Retry-After $retry_after always;",
    )


def by_kind(edge: Edge) -> Mapping[str, str]:
    """With variables, where not every path has the same value."""
    varied = (name for name in edge.own_headers if any(name in kind.sent for kind in edge.named_kinds))
    return {**edge.sent, **{name: variable(name) for name in varied}}


def unset(edge: Edge) -> Iterator[str]:
    """Before a path is known, and again on every way to an error."""
    if edge.kinds:
        yield ""
        yield f'set {KIND} "";'


def sent(values: Mapping[str, str]) -> Iterator[str]:
    return (f"add_header {name} {quoted(value)} always;" for name, value in values.items())


def cors_headers(cors: Cors) -> Iterator[str]:
    """nginx leaves a header out whose value is empty."""
    yield "add_header Vary Origin always;"
    yield "add_header Access-Control-Allow-Origin $cors_origin always;"
    if cors.credentials:
        yield "add_header Access-Control-Allow-Credentials $cors_credentials always;"
    yield "add_header Access-Control-Expose-Headers $cors_exposed always;"


def preflight_headers() -> Iterator[str]:
    """Empty but for a preflight."""
    yield "add_header Access-Control-Allow-Methods $cors_methods always;"
    yield "add_header Access-Control-Allow-Headers $cors_headers always;"
    yield "add_header Access-Control-Max-Age $cors_age always;"


def forwarding(edge: Edge, host: str, request: str = UNIQUE) -> Iterator[str]:
    """`host` is what the upstream is called by, `request` what a request is named by."""
    yield "# The upstream gets the edge's own values, never those of clients."
    own = {
        "Host": host,
        "X-Forwarded-Host": host,
        "X-Forwarded-For": "$remote_addr",
        "X-Real-IP": "$remote_addr",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": str(edge.public),
        "X-Request-ID": f'"{request}"',
    }
    yield from (f"proxy_set_header {name} {value};" for name, value in own.items())
    yield from sockets.forwarded(edge)
    yield from (f'proxy_set_header {name} "";' for name in OF_A_HOP if name not in OWN)
    said = {name.lower() for name in (*own, *OF_A_HOP)}
    yield from hashes()
    yield from (f'proxy_set_header {name} "";' for name in edge.stripped if name.lower() not in said)
    yield ""
    yield "# Headers that the edge sends itself, or that must not be sent, are removed from the upstream's answers."
    yield from (f"proxy_hide_header {name};" for name in (*edge.own_headers, *edge.hidden))


def hashes() -> Iterator[str]:
    """Room for the names of headers."""
    yield "proxy_headers_hash_max_size 2048;"
    yield "proxy_headers_hash_bucket_size 128;"


def errors(apart: tuple[int, ...] = ()) -> Iterator[str]:
    yield "# Problem documents (RFC 9457) for every error; 494 to 497 are nginx's own for TLS and headers."
    yield f"error_page {words(s for s in statuses() if s not in (*EARLY, *apart))} @problem;"
    yield f"error_page {words(EARLY)} {INTERNAL};"
    yield f"error_page 494 =431 {INTERNAL};"
    yield f"error_page 495 496 497 =400 {INTERNAL};"


def closing() -> Iterator[str]:
    yield f"error_page {words(CLOSING)} @closing;"


def words(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def _location(edge: Edge, route: Route) -> Iterator[str]:
    path = route.path
    match = f"= {quoted(path.fixed)}" if path.fixed else f"~ {quoted(path.pattern)}"
    yield f"# {' '.join(path.methods)} {commented(path.template)}"
    yield from block(f"location {match}", _inside(edge, route))


def commented(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _inside(edge: Edge, route: Route) -> Iterator[str]:
    path = route.path
    if edge.cors is not None and "OPTIONS" not in path.methods:
        yield from block("if ($preflight)", ("return 204;",))
    yield from block(f"if ($request_method {other_than(path.methods)})", ("return 405;",))
    if kind := edge.kinds.get(path.template):
        yield f"set {KIND} {kind.name};"
    if route.body < edge.body:
        # 0 would be no limit at all.
        yield f"client_max_body_size {max(route.body, 1)};"
    if route.stream:
        yield "# A stream of events: each is sent on as it comes."
        yield "proxy_buffering off;"
        yield f"proxy_read_timeout {QUIET}s;"
    yield from _upstream(edge, path)


def _upstream(edge: Edge, path: Path) -> Iterator[str]:
    yield "# The edge answers these errors; the contract declares the others, which are forwarded."
    yield f"error_page {words(status for status in path.errors if status not in CLOSING)} @problem;"
    yield from closing()
    yield "proxy_intercept_errors on;"
    yield f"proxy_pass {'https' if edge.upstream.secure else 'http'}://api;"


def other_than(methods: tuple[str, ...]) -> str:
    return f"!= {methods[0]}" if len(methods) == 1 else f"!~ ^({'|'.join(methods)})$"


def problems(document: str, headers: Iterable[str]) -> Iterator[str]:
    """Ways to one answer, for nginx cannot go to a named location without a path."""
    lines = (*headers, "types {}", "default_type application/problem+json;", f"return 200 {document};")
    yield from block("location @problem", lines)
    yield ""
    yield "# The rest of these connections may be ambiguous, so they are closed."
    yield from block("location @closing", ("keepalive_timeout 0;", *lines))
    yield ""
    yield from block(f"location = {INTERNAL}", ("internal;", "keepalive_timeout 0;", *lines))


def redirecting(edge: Edge) -> Iterator[str]:
    """308 keeps verb and body. HSTS would be ignored here (RFC 6797, 7.2)."""
    yield "# Plain HTTP always redirects to the same path over TLS."
    yield from block("server", _redirecting(edge))


def _redirecting(edge: Edge) -> Iterator[str]:
    port = "" if edge.public == 443 else f":{edge.public}"
    plain = _plainly(edge)
    yield f"{listen(edge.plain, edge)};"
    yield f"server_name {' '.join(edge.names)};"
    yield "charset utf-8;"
    yield ""
    yield from sent(plain)
    yield ""
    yield from errors(CLOSING)
    yield from closing()
    yield ""
    redirect = f"return 308 https://$host{port}$request_uri;"
    if edge.acme is not None:
        yield "# Challenges of the certificate authority (RFC 8555, 8.3), in the one form that it asks for them."
        yield from block(f"location ^~ {CHALLENGES}/", _challenges(edge, edge.acme, redirect))
    yield from block("location /", (redirect,))
    yield ""
    yield from problems(PROBLEM, of_errors(plain))


def _challenges(edge: Edge, acme: Acme, redirect: str) -> Iterator[str]:
    """The whole request line is compared: folders, other files and other spellings are redirected as everything is."""
    line = quoted(rf"^GET {CHALLENGE} HTTP/1\.[01]$")
    yield from block(f"if ($request !~ {line})", (redirect,))
    if not acme.in_files:
        # The ACME client gets the path and the host, and no more of a request; its answer is plain text.
        yield "proxy_pass_request_headers off;"
        yield "proxy_pass_request_body off;"
        yield "proxy_set_header Host $host;"
        yield 'proxy_set_header Connection "";'
        yield from (f"proxy_hide_header {name};" for name in ("Content-Type", *edge.sent, *edge.hidden))
        yield from sent({**_plainly(edge), "Content-Type": "text/plain"})
        yield "proxy_intercept_errors on;"
        yield f"proxy_pass http://{acme.responder.host}:{acme.responder.port};"
        return
    yield f'root "{acme.webroot}";'
    yield "disable_symlinks on from=$document_root;"
    yield "types {}"
    yield "default_type text/plain;"


def _plainly(edge: Edge) -> dict[str, str]:
    return {name: value for name, value in edge.sent.items() if name != HSTS}

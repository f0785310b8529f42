"""The three servers: for unknown host names, for the API, and the redirect to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.contract import Contract
from batten.contract.surface import Path, uses_cookies
from batten.harden.edges.nginx.maps import INTERNAL, statuses
from batten.harden.edges.nginx.text import block, quoted
from batten.harden.options import Options
from batten.harden.regions import region
from batten.policy import Policy, headers

# Errors that nginx may find before it knows the path; it does not go to a named location then.
EARLY = (400, 414, 505)
HSTS = "Strict-Transport-Security"
REJECTS = (1, 19, 4)  # ssl_reject_handshake
COOKIE_FLAGS = (1, 19, 3)  # proxy_cookie_flags


def strangers(policy: Policy, options: Options) -> Iterator[str]:
    """Requests for other host names get no answer, and no certificate where nginx can
    refuse the handshake."""
    yield "# Requests for other host names get no answer."
    yield from block("server", _strangers(policy, options))


def _strangers(policy: Policy, options: Options) -> Iterator[str]:
    yield f"listen {options.listen} ssl default_server;"
    if options.plain:
        yield f"listen {options.plain} default_server;"
    yield "server_name _;"
    if options.version >= REJECTS:
        yield "ssl_reject_handshake on;"
    else:
        yield "# 444 sends no header; if it is replaced by an answer, clients must still get this one."
        yield from sent({HSTS: headers.constant(policy)[HSTS]})
    yield "# Requests that cannot be parsed come here as well."
    yield f"error_page {words(sorted((*EARLY, 405)))} 494 495 496 497 /;"
    yield "return 444;"


def api(
    contract: Contract, policy: Policy, options: Options, surface: tuple[Path, ...], names: tuple[str, ...]
) -> Iterator[str]:
    yield from block("server", _api(contract, policy, options, surface, names))


def _api(
    contract: Contract, policy: Policy, options: Options, surface: tuple[Path, ...], names: tuple[str, ...]
) -> Iterator[str]:
    yield f"listen {options.listen} ssl;"
    yield f"server_name {' '.join(names)};"
    yield ""
    yield "# Sent with every answer, errors included. An add_header in a location would drop all of these."
    yield from sent(headers.constant(policy))
    yield "add_header Allow $allow always;"
    yield "add_header Retry-After $retry_after always;"
    if policy.origins:
        yield ""
        yield from cors_headers(contract)
    yield ""
    yield from forwarding(policy, options, names)
    yield ""
    yield from errors()
    yield ""
    yield from block("if ($refused)", ("return 400;",))
    for path in surface:
        yield ""
        yield from _location(path, bool(policy.origins), options)
    yield ""
    yield from region("api", "Your own rules for this server.")
    yield ""
    yield "# Every other path is not found; no file is served from this machine."
    yield from block("location /", ("return 404;",))
    yield ""
    yield from _problems()


def sent(values: dict[str, str]) -> Iterator[str]:
    return (f"add_header {name} {quoted(value)} always;" for name, value in values.items())


def cors_headers(contract: Contract) -> Iterator[str]:
    """nginx leaves a header out whose value is empty."""
    yield "add_header Vary Origin always;"
    yield "add_header Access-Control-Allow-Origin $cors_origin always;"
    if uses_cookies(contract):
        yield "add_header Access-Control-Allow-Credentials $cors_credentials always;"
    yield "add_header Access-Control-Expose-Headers $cors_exposed always;"
    yield "add_header Access-Control-Allow-Methods $cors_methods always;"
    yield "add_header Access-Control-Allow-Headers $cors_headers always;"
    yield "add_header Access-Control-Max-Age $cors_age always;"


def forwarding(policy: Policy, options: Options, names: tuple[str, ...]) -> Iterator[str]:
    yield "# The upstream gets the edge's own values, never those of clients."
    yield f"proxy_set_header Host {names[0]};"
    yield f"proxy_set_header X-Forwarded-Host {names[0]};"
    yield "proxy_set_header X-Forwarded-For $remote_addr;"
    yield "proxy_set_header X-Real-IP $remote_addr;"
    yield "proxy_set_header X-Forwarded-Proto https;"
    yield f"proxy_set_header X-Forwarded-Port {options.tls_port};"
    yield "proxy_set_header X-Request-ID $request_id;"
    yield 'proxy_set_header Connection "";'
    yield from (f'proxy_set_header {name} "";' for name in headers.STRIPPED)
    yield ""
    yield "# Headers that the edge sends itself, or that must not be sent, are removed from the upstream's answers."
    hidden = (*headers.constant(policy), *headers.CORS, *headers.BANNERS, *headers.OBSOLETE)
    yield from (f"proxy_hide_header {name};" for name in hidden)
    if options.version >= COOKIE_FLAGS:
        yield "proxy_cookie_flags ~ secure httponly samesite=lax;"


def errors(apart: tuple[int, ...] = ()) -> Iterator[str]:
    yield "# Problem documents (RFC 9457) for every error; 494 to 497 are nginx's own for TLS and headers."
    yield f"error_page {words(s for s in statuses() if s not in (*EARLY, *apart))} @problem;"
    yield f"error_page {words(EARLY)} {INTERNAL};"
    yield f"error_page 494 =431 {INTERNAL};"
    yield f"error_page 495 496 497 =400 {INTERNAL};"


def words(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def _location(path: Path, cors: bool, options: Options) -> Iterator[str]:
    match = f"= {quoted(path.fixed)}" if path.fixed else f"~ {quoted(path.pattern)}"
    yield f"# {' '.join(path.methods)} {commented(path.template)}"
    yield from block(f"location {match}", _inside(path, cors, options))


def commented(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _inside(path: Path, cors: bool, options: Options) -> Iterator[str]:
    if cors and "OPTIONS" not in path.methods:
        yield from block("if ($preflight)", ("return 204;",))
    yield from block(f"if ($request_method !~ ^({'|'.join(path.methods)})$)", ("return 405;",))
    yield "# The edge answers these errors; the contract declares the others, which are forwarded."
    yield f"error_page {words(path.errors)} @problem;"
    yield "proxy_intercept_errors on;"
    yield f"proxy_pass {'https' if options.target.secure else 'http'}://api;"


def _problems() -> Iterator[str]:
    """Two ways to one answer, for nginx cannot go to a named location without a path."""
    yield from block("location @problem", _problem())
    yield ""
    yield from block(f"location = {INTERNAL}", ("internal;", *_problem()))


def _problem() -> Iterator[str]:
    yield "types {}"
    yield "default_type application/problem+json;"
    yield """return 200 '{"type":"about:blank","title":"$reason","status":$status}';"""


def redirecting(policy: Policy, options: Options, names: tuple[str, ...]) -> Iterator[str]:
    """308 keeps verb and body. HSTS would be ignored here (RFC 6797, 7.2)."""
    yield "# Plain HTTP always redirects to the same path over TLS."
    yield from block("server", _redirecting(policy, options, names))


def _redirecting(policy: Policy, options: Options, names: tuple[str, ...]) -> Iterator[str]:
    port = "" if options.tls_port == 443 else f":{options.tls_port}"
    values = {n: v for n, v in headers.constant(policy).items() if n != HSTS}
    yield f"listen {options.plain};"
    yield f"server_name {' '.join(names)};"
    yield "charset utf-8;"
    yield ""
    yield from sent(values)
    yield ""
    yield from errors()
    yield ""
    yield from block("location /", (f"return 308 https://$host{port}$request_uri;",))
    yield ""
    yield from _problems()

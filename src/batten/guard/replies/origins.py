"""Which pages may read answers: the policy's list, and nothing that the application says."""

from __future__ import annotations

from collections.abc import Mapping

from batten.facts import Content
from batten.guard.compiled import Compiled, Path
from batten.guard.options import Rule
from batten.guard.served import Allow
from batten.guard.verdicts import Answered, Head, Headers, Refuse

_VARY = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")


def is_preflight(head: Head, fields: Mapping[bytes, bytes]) -> bool:
    return head.method == "OPTIONS" and b"origin" in fields and b"access-control-request-method" in fields


def preflight(compiled: Compiled, path: Path, fields: Mapping[bytes, bytes], tls: bool) -> Answered | Refuse:
    """What a page of the asking origin may do to a path; the browser holds it to that."""
    origin = fields[b"origin"]
    if origin not in compiled.origins:
        return Refuse(Rule.ORIGIN, 403, "Forbidden", (_VARY,), "The origin is not allowed.")
    asked = [n.strip().lower() for n in fields.get(b"access-control-request-headers", b"").split(b",")]
    granted = [name for name in dict.fromkeys(asked) if name in path.request_headers]
    headers: list[tuple[bytes, bytes]] = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", path.methods),
        (b"access-control-max-age", compiled.preflight_age),
        _VARY,
    ]
    if granted:
        headers.append((b"access-control-allow-headers", b", ".join(granted)))
    if compiled.with_cookies:
        headers.append((b"access-control-allow-credentials", b"true"))
    return Answered(204, (*headers, *compiled.header_rules(None, Content.API, tls).added))


def grants(compiled: Compiled, allow: Allow) -> Headers:
    """The CORS headers of an answer."""
    if not allow.origin:
        return ()
    headers: list[tuple[bytes, bytes]] = [(b"access-control-allow-origin", allow.origin)]
    if allow.served is not None and allow.served.exposed:
        headers.append((b"access-control-expose-headers", allow.served.exposed))
    if compiled.with_cookies:
        headers.append((b"access-control-allow-credentials", b"true"))
    return tuple(headers)


def may_connect(compiled: Compiled, origin: bytes, host: bytes, tls: bool) -> bool:
    """Whether a page may open a WebSocket: browsers send no preflight, so the server must check (RFC 6455, 10.2)."""
    scheme = b"https" if tls else b"http"
    return origin in compiled.origins or (bool(host) and origin.lower() == scheme + b"://" + host.lower())

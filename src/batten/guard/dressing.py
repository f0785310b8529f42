"""The headers that an answer gets out with."""

from __future__ import annotations

from batten.facts import Content
from batten.guard.compiled import Compiled
from batten.guard.cookies import hardened
from batten.guard.options import Rule
from batten.guard.origins import grants
from batten.guard.verdicts import Allow, Headers

BANNERS = frozenset((
    b"server", b"x-powered-by", b"x-aspnet-version", b"x-aspnetmvc-version", b"x-generator", b"x-runtime",
    b"x-version", b"x-debug-token", b"x-debug-token-link", b"x-php-version", b"x-application-context",
))  # fmt: skip
GRANTS = frozenset((
    b"access-control-allow-origin", b"access-control-allow-credentials", b"access-control-allow-methods",
    b"access-control-allow-headers", b"access-control-allow-private-network",
    b"access-control-expose-headers", b"access-control-max-age",
))  # fmt: skip


def dressed(compiled: Compiled, allow: Allow, headers: Headers, content: Content) -> Headers:
    """Banners and foreign grants gone, cookies with their flags, protections added; the order is kept."""
    served = allow.served
    observed = compiled.observed if served is None else served.observed
    protections = () if Rule.HEADERS in observed else compiled.protections[content, allow.tls]
    wanted = {protection.name: protection for protection in protections}
    kept: list[tuple[bytes, bytes]] = []
    seen: set[bytes] = set()
    for name, value in headers:
        name = name.lower()
        if name in BANNERS and Rule.BANNERS not in observed:
            continue
        if name in GRANTS and Rule.ORIGIN not in observed:
            continue
        if name in wanted and not wanted[name].good(value.decode("latin-1")):
            continue
        if name == b"set-cookie" and Rule.COOKIES not in observed:
            value = hardened(value)
        seen.add(name)
        kept.append((name, value))
    kept += [(p.name, p.value) for p in protections if p.name not in seen]
    if protections and served is not None and served.demand.alternatives and b"cache-control" not in seen:
        kept.append((b"cache-control", b"no-store"))
    if compiled.origins and Rule.ORIGIN not in observed:
        kept += grants(compiled, allow)
        _vary(kept)
    return tuple(kept)


def _vary(headers: list[tuple[bytes, bytes]]) -> None:
    """An answer that depends on the origin must say so, or a cache hands it to another."""
    words = {w.strip().lower() for name, value in headers if name == b"vary" for w in value.split(b",")}
    if not words & {b"origin", b"*"}:
        headers.append((b"vary", b"Origin"))

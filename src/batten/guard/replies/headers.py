"""The headers that an answer gets out with."""

from __future__ import annotations

import re

from batten.facts import Content
from batten.guard.answers.header_rules import DEPENDS, NO_STORE, VARY, Act, HeaderRules, Protection
from batten.guard.compiled import Compiled
from batten.guard.replies.origins import grants
from batten.guard.served import Allow
from batten.guard.verdicts import Headers

_SESSION = re.compile(
    rb"sess|(?:^|[._-])sid(?:$|[._-])|auth|token|jwt|remember|login|credential", re.IGNORECASE
)
_FOR_SCRIPTS = re.compile(rb"csrf|xsrf", re.IGNORECASE)  # double-submit tokens: a script must read them


def with_headers(
    compiled: Compiled, allow: Allow, headers: Headers, content: Content, length: int | None = None
) -> Headers:
    """Banners and foreign grants gone, cookies with their flags, protections added; the order is kept.

    Names are in lower case. With a `length`, that is the body's, and what the answer says of it goes.
    """
    found = compiled.header_rules(allow.served, content, allow.tls)
    kept, missing = _kept(compiled, allow, found, headers, length)
    return (*kept, *missing)


def with_header_bytes(
    compiled: Compiled, allow: Allow, headers: Headers, content: Content, length: int | None = None
) -> bytes:
    """As `with_headers`, for the wire."""
    found = compiled.header_rules(allow.served, content, allow.tls)
    told = b"" if length is None else b"content-length: %d\r\n" % length
    if not allow.origin:
        lines = list(map(found.lines.__getitem__, headers))
        if DEPENDS not in lines:
            return b"".join((*lines, found.tail, told, found.written))
    kept, missing = _kept(compiled, allow, found, headers, length)
    return b"".join([b"%b: %b\r\n" % pair for pair in (*kept, *missing)])


def _kept(
    compiled: Compiled, allow: Allow, found: HeaderRules, headers: Headers, length: int | None
) -> tuple[list[tuple[bytes, bytes]], Headers]:
    """What goes out but for the protections, and those that are missing."""
    acts = found.acts
    kept: list[tuple[bytes, bytes]] = []
    seen: set[bytes] | None = None
    caches = found.keeps_from_caches
    for pair in headers:
        act = acts.get(pair[0])
        if act is None:
            kept.append(pair)
        elif isinstance(act, Protection):
            if act.good(pair[1].decode("latin-1")):
                seen = {pair[0]} if seen is None else seen | {pair[0]}
                kept.append(pair)
        elif act is Act.LENGTH:
            if length is None:
                kept.append(pair)
        elif act is not Act.DROP:
            caches = caches and act is not Act.CACHE
            kept.append((pair[0], hardened(pair[1])) if act is Act.HARDEN else pair)
    if caches:
        kept.append(NO_STORE)
    if found.grants:
        kept += grants(compiled, allow)
        # An answer that depends on the origin must say so, or a cache hands it to another.
        words = {w.strip().lower() for name, value in kept if name == b"vary" for w in value.split(b",")}
        if not words & {b"origin", b"*"}:
            kept.append(VARY)
    if length is not None:
        kept.append((b"content-length", b"%d" % length))
    return kept, found.added if seen is None else tuple([p for p in found.added if p[0] not in seen])


def hardened(cookie: bytes) -> bytes:
    """A Set-Cookie value with Secure, HttpOnly where its name is a session's, and SameSite if it has none."""
    parts = [part.strip() for part in cookie.split(b";")]
    flags = {part.partition(b"=")[0].strip().lower() for part in parts[1:]}
    if b"secure" not in flags:
        parts.append(b"Secure")
    if b"httponly" not in flags and is_session(parts[0].partition(b"=")[0].strip()):
        parts.append(b"HttpOnly")
    if b"samesite" not in flags:
        parts.append(b"SameSite=Lax")
    return b"; ".join(part for part in parts if part)


def is_session(name: bytes) -> bool:
    return _SESSION.search(name) is not None and _FOR_SCRIPTS.search(name) is None

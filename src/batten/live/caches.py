"""Shared caches, as far as answers show one, and what an answer took over from a header that is not part of their key."""

from __future__ import annotations

import re
from collections.abc import Mapping

from batten.live.exchange import Headers, Response
from batten.live.origins import STRANGER
from batten.live.survey import NOWHERE

# Headers in which caches say what they did: of nginx and Apache as they are mostly set up, of Varnish, and of networks
# that deliver content. `Cache-Status` is RFC 9211's.
_SAYING = (
    "cf-cache-status",
    "cache-status",
    "x-cache",
    "x-cache-status",
    "x-cacheable",
    "x-fastcgi-cache",
    "x-nginx-cache",
    "x-proxy-cache",
    "x-varnish-cache",
)
_HIT = re.compile(r"(?i)\bhit\b|\bstale\b|\bupdating\b|\brevalidated\b")

# What applications build links and redirects of; each value can be told from all others.
_FORGED = ("X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Http-Host-Override", "X-Forwarded-Prefix")
CANARIES: Mapping[str, str] = {
    name: f"/batten-p{n}" if name == "X-Forwarded-Prefix" else f"batten-h{n}.{STRANGER}"
    for n, name in enumerate(_FORGED)
}
FORGED: Headers = tuple(CANARIES.items())
PROTO: Headers = (("X-Forwarded-Proto", "http"), ("X-Forwarded-Scheme", "http"))
ROUTED: Headers = (("X-Original-URL", f"/{NOWHERE}"), ("X-Rewrite-URL", f"/{NOWHERE}"))


def stored(response: Response) -> bool | None:
    """Whether an answer came out of a cache, None where nothing speaks of one."""
    said = [response.header(name) for name in _SAYING if response.header(name)]
    if said:
        return any(_HIT.search(value) for value in said)
    if varnish := response.header("x-varnish"):  # its own number, and on a hit that of who stored it
        return len(varnish.split()) > 1
    return True if response.header("age").isdigit() else None  # RFC 9111, 5.1: only what was stored has one


def canary(response: Response) -> str:
    """The header whose value the answer took over, "" when none: into its body, or into where it leads."""
    shown = response.text.replace("\\/", "/") + response.header("location") + response.header("link")
    return next((name for name, value in CANARIES.items() if value in shown), "")

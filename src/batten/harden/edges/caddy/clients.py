"""Addresses of clients: the connection's own, or what proxies say of it.

https://caddyserver.com/docs/caddyfile/options#trusted-proxies (`trusted_proxies_strict`: 2.8),
https://caddyserver.com/docs/caddyfile/options#proxy-protocol (`fallback_policy`: 2.9)
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.edge import HEAD, Edge
from batten.harden.edges.caddy.text import block, line
from batten.harden.forwarded import LISTED

HEADER = "X-Forwarded-For"
_SAID = "{http.request.header." + HEADER + "}"  # all lines, with commas between them
NOTES = (
    "--trusted-proxy needs Caddy 2.9 or newer, which Debian 13 and older do not have: run Caddy's own package or image",
)


def servers(edge: Edge) -> Iterator[str]:
    """Of the global option `servers`."""
    if edge.proxy_protocol:
        yield "# Addresses of clients, as these proxies announce them; what others announce is ignored."
        announced = block(
            "proxy_protocol",
            (f"timeout {HEAD}s", line("allow", *edge.proxies), "fallback_policy ignore"),
        )
        yield from block("listener_wrappers", (*announced, "tls"))
    elif edge.proxies:
        yield "# Addresses of clients, as these proxies say them; other clients are not believed."
        yield line("trusted_proxies", "static", *edge.proxies)
        yield "trusted_proxies_strict"
        yield f"client_ip_headers {HEADER}"


def address(edge: Edge) -> str:
    return "{client_ip}" if told(edge) else "{remote_host}"


def unclear(edge: Edge) -> Iterator[str]:
    """Caddy passes over what is no address, and would take what stands before it, which is whatever a client wanted to say."""
    if told(edge):
        yield "# A list with anything but addresses says nothing of the client, unless the client is its last."
        said = f"{_SAID}.endsWith(', ' + {{client_ip}})"
        yield f'@unclear expression `{_SAID} != "" && !{said} && !{_SAID}.matches(r"""{LISTED}""")`'
        yield "vars @unclear client_ip {remote_host}"


def strictness(edge: Edge) -> Iterator[str]:
    """A proxy that ends TLS may ask for one name in all of its handshakes; hosts that are not served get no answer then."""
    if not told(edge):
        yield "strict_sni_host on"


def told(edge: Edge) -> bool:
    """Whether proxies write a header."""
    return bool(edge.proxies) and not edge.proxy_protocol

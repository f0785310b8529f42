"""Each edge in front of every site, over plain HTTP and over TLS.

What is safe to fix is in each configuration at least once (`test_safe_fixes.py` holds that), where a visitor would notice it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection

from live_servers import running
from places import Edge, Place
from proxies import envoy_command, envoy_files, haproxy, haproxy_command, traefik, traefik_command
from web_servers import apache, apache_command, caddy, caddy_command, nginx, nginx_command

from waiting import BOUND, until

EDGES = {
    "nginx": Edge(nginx, nginx_command),
    "apache": Edge(apache, apache_command),
    "caddy": Edge(caddy, caddy_command),
    "haproxy": Edge(haproxy, haproxy_command, serves_files=False),
    "envoy": Edge(envoy_files, envoy_command, serves_files=False),
    "traefik": Edge(traefik, traefik_command, serves_files=False),
}
# What the sites' owner knows: some are APIs, some serve pages, of the rest nothing is said.
_CONTENT = "content:\n  api.shop.test: api\n  open.shop.test: api\n  staff.shop.test: api\n  django.test: pages\n  docs.test: both\n  live.test: pages\n"


def write(edge: Edge, at: Place) -> None:
    (at.folder / "batten.yaml").write_text(_CONTENT)
    for name, text in edge.files(at).items():
        (at.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (at.folder / name).write_text(text)


@contextmanager
def started(edge: Edge, at: Place) -> Iterator[None]:
    own = {"XDG_DATA_HOME": str(at.room), "XDG_CONFIG_HOME": str(at.room)}
    with running(edge.command(at), at.tls, at.room, environment=own):
        until(lambda: _serves(at, "django.test"), "the edge serves a site over TLS")
        yield


def _serves(at: Place, host: str) -> bool:
    """Whether a site is shown: an edge may take connections before it has read its certificates and routes."""
    trusted = ssl.create_default_context(cafile=str(at.cert))
    trusted.check_hostname = False
    port = at.of(host)[1]
    try:
        with (
            create_connection(("127.0.0.1", port), BOUND) as plain,
            trusted.wrap_socket(plain, server_hostname=host) as to,
        ):
            to.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            return b" 200 " in to.recv(100)
    except OSError:
        return False

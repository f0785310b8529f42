"""Each edge in front of every site, over plain HTTP and over TLS.

What is safe to fix is in each configuration at least once (`test_safe_fixes.py` holds that), where a visitor would notice it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from live_servers import running
from places import Edge, Place
from proxies import envoy_command, envoy_files, haproxy, haproxy_command, traefik, traefik_command
from web_servers import apache, apache_command, caddy, caddy_command, nginx, nginx_command

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
        yield

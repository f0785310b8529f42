"""Where requests go. No module encrypts them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Upstream
from batten.model import UNKNOWN, Setting, Unknown
from batten.technologies.edges.lighttpd.tree import Tree, members
from batten.technologies.shared.transport.upstreams import is_loopback

BACKENDS = ("proxy.server", "fastcgi.server", "scgi.server", "ajp13.server", "wstunnel.server")


def upstreams(tree: Tree) -> Iterator[Upstream]:
    """mod_proxy speaks plain HTTP to backends, as all modules do that forward requests."""
    for scope in tree.root.walk():
        for item in scope.items:
            if item.name in BACKENDS:
                for pair in members(item.pairs):
                    if pair.key == "host":
                        at = pair.place()
                        host: str | Unknown = pair.value if isinstance(pair.value, str) else UNKNOWN
                        yield Upstream(
                            at,
                            target=Setting(host, at),
                            host=host.strip("[]") if isinstance(host, str) else "",
                            encrypted=Setting(UNKNOWN if host is UNKNOWN else False, at),
                            local=isinstance(host, str) and is_loopback(host),
                        )

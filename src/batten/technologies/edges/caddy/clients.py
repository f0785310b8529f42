"""Trusted proxies: `trusted_proxies` and the PROXY protocol of the global option `servers`.

Source: https://caddyserver.com/docs/caddyfile/options
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import TrustedProxies
from batten.technologies.edges.caddy.tree import Item, Tree


def clients(tree: Tree) -> Iterator[TrustedProxies]:
    """Without `trusted_proxies_strict` a client is the first address of a list, which it writes itself: of those nothing is said."""
    for servers in tree.options.all("servers") if tree.options is not None else ():
        for wrappers in servers.all("listener_wrappers"):
            for wrapper in wrappers.all("proxy_protocol"):
                yield from _listed(
                    [a for item in wrapper.all("allow") for a in item.texts[1:]], wrapper, True
                )
        said = servers.first("trusted_proxies")
        if said is not None and said.texts[1:2] == ["static"] and servers.first("trusted_proxies_strict"):
            yield from _listed(said.texts[2:], said, False)


def _listed(networks: list[str], item: Item, announced: bool) -> Iterator[TrustedProxies]:
    if networks and not item.varies:
        yield TrustedProxies(item.place(), networks=tuple(networks), announced=announced)

"""Trusted proxies.

Sources: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-for,
https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/proxy_protocol
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.facts import TrustedProxies
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import managers
from batten.technologies.edges.envoy.tree import Tree

_PROXY = "envoy.filters.listener.proxy_protocol"


def clients(tree: Tree) -> Iterator[TrustedProxies]:
    for manager in managers(tree):
        # Of a chain that connections of these networks alone get to, behind a filter that reads their header.
        names = [one["name"].text for one in manager.listener["listener_filters"].items()]
        ranges = manager.chain["filter_chain_match"]["direct_source_prefix_ranges"]
        announced = _written(ranges.items()) if _PROXY in names else ()
        networks = announced or trusted(manager.config)
        if networks:
            at = manager.item.named(manager.config.pointer).block
            yield TrustedProxies(at, networks=networks, announced=bool(announced))


def trusted(config: Field) -> tuple[str, ...]:
    """The networks whose X-Forwarded-For a connection manager believes; () where it does not list them."""
    every = [
        extension["typed_config"]["xff_trusted_cidrs"]["cidrs"].items()
        for extension in config["original_ip_detection_extensions"].items()
    ]
    return _written(cidr for listed in every for cidr in listed)


def _written(cidrs: Iterable[Field]) -> tuple[str, ...]:
    return tuple(f"{one['address_prefix'].text}/{one['prefix_len'].text}" for one in cidrs)

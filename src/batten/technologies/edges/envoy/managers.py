"""HTTP connection managers: where they listen, their filters in order, and the routes that they follow.

Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.transport.upstreams import is_loopback

_FILTER = re.compile(r"(?:extensions|config)\.filters?\.(?:network|http|listener)\.(\w+)\.v\d")
# Filters that may change answers, or let callers in, in ways that are not written here.
OPAQUE = ("lua", "wasm", "ext_proc", "golang", "dynamic_modules", "composite", "")


@record
class Filter:
    """`kind` is its folder in Envoy's API: "rbac", "jwt_authn", "router"; "" when it is not known."""

    kind: str
    item: Field
    config: Field

    @property
    def name(self) -> str:
        return self.item["name"].text

    @property
    def off(self) -> bool:
        """Off unless a route turns it on."""
        return self.item["disabled"].flag().known(False)


@record
class Manager:
    """`item` is the filter in its chain, `config` its own message, `tls` the DownstreamTlsContext; `routes` is
    None where the routes come from elsewhere."""

    listener: Field
    chain: Field
    item: Field
    config: Field
    tls: Field | None
    encrypted: bool | Unknown
    filters: tuple[Filter, ...]
    routes: Field | None

    def all(self, *kinds: str) -> list[Filter]:
        return [f for f in self.filters if f.kind in kinds]

    def first(self, *kinds: str) -> Filter | None:
        return next(iter(self.all(*kinds)), None)

    @property
    def opaque(self) -> bool:
        return any(f.kind in OPAQUE for f in self.filters)

    @property
    def hosts(self) -> list[Field]:
        return [] if self.routes is None else virtual_hosts(self.routes)

    @property
    def private(self) -> bool:
        return inside(self.listener)


def message(field: Field) -> str:
    """What a filter's configuration is: the folder of its message in Envoy's API."""
    found = _FILTER.search(field.type)
    return found[1] if found else ""


def filter_of(item: Field) -> Filter:
    config = item["typed_config"]
    if config.type.endswith(".FilterConfig") and config["config"]:
        config = config["config"]
    if config.type.endswith(".ExtensionWithMatcher"):
        config = config.of("extension_config", "typed_config")
    return Filter("" if item["config_discovery"] else message(config), item, config)


@lru_cache(4)
def managers(tree: Tree) -> tuple[Manager, ...]:
    """Every one of a configuration; many readers ask in turn."""
    return tuple(_managers(tree))


def _managers(tree: Tree) -> Iterator[Manager]:
    for listener in tree.of("Listener"):
        for chain in chains(listener):
            for item in chain["filters"].items():
                config = item["typed_config"]
                if message(config) == "http_connection_manager":
                    home = listener if len(chains(listener)) == 1 else chain
                    manager_config = item["typed_config"].named(f"{home.pointer}/http_connection_manager")
                    filters = tuple(filter_of(f) for f in manager_config["http_filters"].items())
                    tls, encrypted = context(chain)
                    yield Manager(
                        listener,
                        chain,
                        item,
                        manager_config,
                        tls,
                        encrypted,
                        filters,
                        _routes(tree, manager_config),
                    )


def chains(listener: Field) -> list[Field]:
    default = listener["default_filter_chain"]
    return [*listener["filter_chains"].items(), *([default] if default else [])]


def context(chain: Field) -> tuple[Field | None, bool | Unknown]:
    """The TLS of a filter chain, and whether it has any; what another kind of socket does is not known."""
    socket = chain["transport_socket"]
    config = socket["typed_config"]
    for _ in range(4):  # the PROXY protocol, tap and starttls wrap another socket
        if config.type.endswith((".DownstreamTlsContext", ".QuicDownstreamTransport")):
            inner = config["downstream_tls_context"]
            return (inner or config), True
        if not config["transport_socket"]:
            break
        socket = config["transport_socket"]
        config = socket["typed_config"]
    old = chain["tls_context"]  # before API v3
    if old:
        return old, True
    plain = not socket or "raw_buffer" in config.type or "raw_buffer" in socket["name"].text
    return None, False if plain else UNKNOWN


def _routes(tree: Tree, config: Field) -> Field | None:
    own = config["route_config"]
    if own:
        return own if own["virtual_hosts"] and not own["vhds"] else None
    name = config.of("rds", "route_config_name").text
    return next((r for r in tree.of("RouteConfiguration") if name and r["name"].text == name), None)


def virtual_hosts(routes: Field) -> list[Field]:
    return [h.named(f"virtual_host[{h['name'].text}]") for h in routes["virtual_hosts"].items()]


def routes_of(host: Field) -> list[Field]:
    """All routes, also those behind conditions of a `matcher`."""
    alone = (f for f in _actions(host["matcher"]) if f.type.endswith("config.route.v3.Route"))
    return [
        *(route for routes in lists_of(host) for route in routes),
        *(_named(host, route) for route in alone),
    ]


def lists_of(host: Field) -> list[list[Field]]:
    """Routes in the order in which they are tried; those of a `matcher` are lists of their own
    (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_routing#generic-matching)."""
    matched = (f for f in _actions(host["matcher"]) if f.type.endswith("config.route.v3.RouteList"))
    return [[_named(host, route) for route in found["routes"].items()] for found in (host, *matched)]


def _actions(matcher: Field) -> Iterator[Field]:
    """What follows from any of its conditions; nothing below is looked at."""
    waiting = [matcher]
    while waiting:
        found = waiting.pop()
        if found.type:
            yield found
        else:
            parts = [part for name, part in found.entries() if name != "predicate"]
            waiting += reversed(parts or list(found.items()))


def _named(host: Field, route: Field) -> Field:
    return route.named(f"{host.pointer}/route[{path_of(route)[0]}]")


def path_of(route: Field) -> tuple[str, str]:
    """The path that a route is for, and how it is matched: "prefix", "exact", "regex"."""
    match = route["match"]
    for key, kind in (("prefix", "prefix"), ("path_separated_prefix", "prefix"), ("path", "exact")):
        if match[key]:
            return match[key].text, kind
    regex = match.of("safe_regex", "regex")
    return regex.text, "regex"


def catches_all(route: Field) -> bool:
    """Whether no request passes a route by."""
    keys = {key for key, _ in route["match"].entries()}
    return path_of(route) in (("/", "prefix"), ("", "prefix")) and keys <= {"prefix", "case_sensitive"}


def addresses(listener: Field) -> Iterator[tuple[Field, str]]:
    """Where a listener answers, each with the field that says so."""
    for address in (listener["address"], *(a["address"] for a in listener["additional_addresses"].items())):
        socket = address["socket_address"]
        if socket:
            yield socket, socket["address"].text
        elif address["pipe"]:
            yield address["pipe"], f"unix:{address['pipe']['path'].text}"


def inside(listener: Field) -> bool:
    """Whether only this host, or Envoy itself, gets at a listener: loopback, sockets, a mesh's outbound."""
    meshed = listener["traffic_direction"].text.upper() in ("OUTBOUND", "2") or bool(
        listener["internal_listener"]
    )
    unbound = listener["bind_to_port"].flag(True).known(True) is False or bool(
        listener.of("deprecated_v1", "bind_to_port")
    )
    found = [host for _, host in addresses(listener)]
    return (
        meshed or unbound or bool(listener["api_listener"]) or (bool(found) and all(map(is_loopback, found)))
    )


def behind_another(manager: Manager) -> bool:
    """Whether something in front, which may end TLS, is declared."""
    config = manager.config
    wraps = [message(f["typed_config"]) for f in manager.listener["listener_filters"].items()]
    hops = config["xff_num_trusted_hops"].text not in ("", "0")
    direction = manager.listener["traffic_direction"].text.upper() in ("INBOUND", "1")
    return (
        hops
        or direction
        or "proxy_protocol" in wraps
        or bool(config["original_ip_detection_extensions"])
        or config["use_remote_address"].flag(UNKNOWN).known(True) is False
        or "proxy_protocol" in " ".join(f["name"].text for f in manager.listener["listener_filters"].items())
    )

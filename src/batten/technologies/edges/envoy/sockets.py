"""Routes that take handshakes of WebSockets alone. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/upgrades"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import OriginKind, SocketRoute
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.envoy.cors import rule_of
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import lists_of, managers, path_of
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.origins import literals

_PROTOCOL = "websocket"


def sockets(tree: Tree) -> Iterator[SocketRoute]:
    for manager in managers(tree):
        for host in manager.hosts:
            for route in (route for routes in lists_of(host) for route in routes):
                if takes_handshakes(route):
                    path, kind = path_of(route)
                    yield SocketRoute(
                        route.block,
                        server=f"{manager.listener.pointer}/{host.pointer}",
                        path="/" if kind == "regex" else path or "/",
                        match=kind,
                        upstream=route.of("route", "cluster").text,
                        regex=path if kind == "regex" else "",
                        origins=_origins(route),
                    )


def takes_handshakes(route: Field) -> bool:
    """Whether it turns the upgrade on, and its match takes nothing without one."""
    configs = route.of("route", "upgrade_configs").items()
    on = any(
        c["upgrade_type"].text.lower() == _PROTOCOL and c["enabled"].flag(True).known(True) for c in configs
    )
    return on and any(header["name"].text.lower() == "upgrade" for header in _headers(route))


def _headers(route: Field) -> list[Field]:
    return list(route.of("match", "headers").items())


def _origins(route: Field) -> Setting[tuple[str, ...]]:
    for header in _headers(route):
        if header["name"].text.lower() == "origin":
            rule = rule_of(header["string_match"])
            text = rule.text.known(None) if rule is not None else None
            found = (text,) if rule is not None and rule.kind is OriginKind.EXACT else literals(text or ".")
            return Setting(UNKNOWN if found is None or text is None else tuple(map(str, found)), header.here)
    return Setting(ABSENT, route.block)

"""What Envoy does with paths. https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers.varied import varied
from batten.technologies.edges.envoy.managers import lists_of, managers, path_of
from batten.technologies.edges.envoy.sockets import takes_handshakes
from batten.technologies.edges.envoy.tree import Tree


def routes(tree: Tree) -> Iterator[Route]:
    for manager in managers(tree):
        for host in manager.hosts:
            for route in (route for routes in lists_of(host) for route in routes):
                if takes_handshakes(route):
                    continue  # which are no requests of its path
                path, kind = path_of(route)
                refuses = route.of("direct_response", "status").text.startswith("4")
                if refuses and _is_conditional(route):
                    continue  # other requests for the path may pass
                yield Route(
                    route.block,
                    server=f"{manager.listener.pointer}/{host.pointer}",
                    path="/" if kind == "regex" else path or "/",
                    match=kind,
                    methods=methods_of(route),
                    upstream=route.of("route", "cluster").text,
                    refuses=refuses,
                    regex=path if kind == "regex" else "",
                    hosts=tuple(name.word() for name in host["domains"].items()),
                    sent=varied(manager, route),
                )


def _is_conditional(route: Field) -> bool:
    """Whether more than path and verb decide."""
    names = (header["name"].text for header in route.of("match", "headers").items())
    return bool(route["match"]["query_parameters"]) or any(name != ":method" for name in names)


def methods_of(route: Field) -> Setting[tuple[str, ...]]:
    """The verbs that the route's match names."""
    for header in route.of("match", "headers").items():
        if header["name"].text != ":method" or header["invert_match"].flag().known(True):
            continue
        matcher = header["string_match"] or header
        exact = matcher["exact"] or header["exact_match"]
        if exact:
            return Setting((exact.text.upper(),), exact.here)
        regex = matcher.of("safe_regex", "regex") or header.of("safe_regex_match", "regex")
        if re.fullmatch(r"\^?\(?(?:\?:)?[A-Z]+(?:\|[A-Z]+)*\)?\$?", regex.text):
            return Setting(tuple(re.findall(r"[A-Z]+", regex.text)), regex.here)
        return Setting(UNKNOWN, header.here)
    return Setting(ABSENT, route.block)

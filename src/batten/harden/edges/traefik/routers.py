"""Traefik's routers: for each path one that forwards, one for origins that may read, and one that refuses every other verb; and
those for other paths and hosts. The highest priority of those that fit counts.

https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from batten.contract.surface import Path
from batten.harden.edge import Edge
from batten.harden.edges.traefik import acme, clients, sockets
from batten.harden.edges.traefik.middlewares import Stacks, stacks

Json = Any
# One segment of a path: rules see it decoded, with reserved characters as they are sent. What is a slash or an end to
# another server is not taken: control characters, backslashes, bytes that are not UTF-8, and %2F.
_SEGMENT = r"(?:[^/%\\\x00-\x1f\x7f\x{FFFD}]|%[013-9A-Fa-f][0-9A-Fa-f]|%2[0-9A-Ea-e])+"
# Reserved characters that clients have to encode are in rules as they are sent.
_BRACKETS = {"[": r"(?:\[|%5[Bb])", "]": r"(?:\]|%5[Dd])"}
_ASKS = "HeaderRegexp(`Access-Control-Request-Method`, `.+`)"
# Of whom nothing is forwarded. It needs a service of Traefik's own, which is never reached.
NOWHERE = "noop@internal"
_ALL = "PathRegexp(`.*`)"
_KINDS = 3  # routers of a path
_OPENING = 2  # and of its WebSockets


def routers(edge: Edge) -> Iterator[tuple[str, Json]]:
    yield from clients.counted(edge, _secure(edge))
    if edge.plain_port:
        to_tls = ["sent-plain", *clients.before_redirect(edge), "to-tls"]
        yield "plain", _plain(_hosts(edge), to_tls, 2)
        yield "plain-other-hosts", _plain(_ALL, ["sent-plain", "text", "no-host"], 1)


def _hosts(edge: Edge) -> str:
    return f"({' || '.join(f'Host({_literal(name)})' for name in edge.names)})"


def _secure(edge: Edge) -> Iterator[tuple[str, Json]]:
    count = len(edge.routes)
    found = stacks(edge)
    hosts = _hosts(edge)
    kinds = _KINDS + (_OPENING if edge.sockets else 0)
    for number, path in enumerate(edge.listed, 1):
        lowest = kinds * count + 3 + _OPENING * (len(edge.listed) - number)
        yield from _opened(edge, f"s{number}", f"{hosts} && {_path(path)}", lowest, path, found)
    for number, route in enumerate(edge.routes, 1):
        lowest = kinds * (count - number) + 3  # the first path that fits counts
        if route.socket:
            place = f"{hosts} && {_path(route.path)}"
            yield from _opened(edge, f"r{number}-socket", place, lowest + _KINDS, route.path, found)
        name = f"r{number}"
        path_place = f"{hosts} && {_path(route.path)}"
        methods = " || ".join(f"Method(`{method}`)" for method in route.path.methods)
        if edge.cors is not None:
            asked = "" if "OPTIONS" in route.path.methods else f" || (Method(`OPTIONS`) && {_ASKS})"
            origins = f"({_one_of(edge.cors.origins if edge.cors is not None else ())})"
            rule = f"{path_place} && {origins} && ({methods}{asked})"
            yield f"{name}-listed", _router(edge, rule, found.listed(route), lowest + 2)
        yield name, _router(edge, f"{path_place} && ({methods})", found.forwarded(route), lowest + 1)
        yield f"{name}-other-verbs", _router(edge, path_place, found.other_verbs(route), lowest, NOWHERE)
    yield "other-paths", _router(edge, hosts, found.other_paths, 2, NOWHERE)
    yield "other-hosts", _router(edge, _ALL, found.other_hosts, 1, NOWHERE)


def _opened(
    edge: Edge, name: str, place: str, lowest: int, path: Path, found: Stacks
) -> Iterator[tuple[str, Json]]:
    """Handshakes of pages that may send them, and of what is no browser; then those of other pages."""
    rule = f"{place} && {sockets.HANDSHAKE}"
    opener = f"({_one_of(edge.openers)} || !{sockets.FROM_A_PAGE})"
    yield name, _router(edge, f"{rule} && {opener}", found.opened(path), lowest + 1)
    yield f"{name}-foreign", _router(edge, rule, found.foreign_pages, lowest, NOWHERE)


def _router(edge: Edge, rule: str, stack: list[str], priority: int, service: str = "api") -> Json:
    return {
        "rule": rule,
        "middlewares": stack,
        "entryPoints": ["secure"],
        "service": service,
        "priority": priority,
        "tls": {"options": "default", **acme.certificate(edge)},
    }


def _plain(rule: str, stack: list[str], priority: int) -> Json:
    return {
        "rule": rule,
        "middlewares": stack,
        "entryPoints": ["plain"],
        "service": NOWHERE,
        "priority": priority,
    }


def _literal(text: str) -> str:
    """A string of Traefik's rules, which are expressions of Go in a template of Go: a contract's path must not end it."""
    if "`" not in text and "{{" not in text and text.isprintable():
        return f"`{text}`"
    return json.dumps(text, ensure_ascii=False).replace("{", "\\u007b")


def _path(path: Path) -> str:
    if path.fixed and not set("[]") & set(path.fixed):
        return f"Path({_literal(path.fixed)})"
    pattern = path.pattern.replace("[^/]+", _SEGMENT) or f"^{re.escape(path.fixed)}$"
    for bracket, sent in _BRACKETS.items():
        pattern = pattern.replace(f"\\{bracket}", sent)
    return f"PathRegexp({_literal(pattern)})"


def _one_of(origins: Iterable[str]) -> str:
    return " || ".join(f"Header(`Origin`, {_literal(origin)})" for origin in origins)

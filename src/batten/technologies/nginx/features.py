"""Switches that are worth a control of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting
from batten.technologies.nginx.blocks import (
    guarded,
    locations,
    match_of,
    only_redirects_or_refuses,
    passes,
    refuses,
    returned,
)
from batten.technologies.nginx.listeners import address_of, defaults, names_of
from batten.technologies.nginx.tree import Item, Tree

_LOOSE = {
    (
        "underscores_in_headers",
        "on",
    ): "header names with underscores are let through, which others read as dashes",
    ("ignore_invalid_headers", "off"): "headers with invalid names are let through",
    (
        "merge_slashes",
        "off",
    ): "double slashes in paths are kept, so locations and upstreams see different paths",
}
DECODED = re.compile(r"\$\{?(?:uri|document_uri)\b\}?")
_CONSOLES = {
    "/nginx_status": ("metrics", "nginx status"),
    "/server-status": ("metrics", "server status"),
    "/metrics": ("metrics", "the metrics endpoint"),
    "/prometheus": ("metrics", "Prometheus"),
    "/actuator": ("console", "Spring Boot's actuator"),
    "/phpmyadmin": ("console", "phpMyAdmin"),
    "/adminer": ("console", "Adminer"),
    "/debug/pprof": ("console", "Go's profiler"),
    "/kibana": ("console", "Kibana"),
}
_BY_HOST = re.compile(r"\$\{?(?:http_)?host\b")
_HEADERS_SENT = ("proxy_set_header", "fastcgi_param", "uwsgi_param", "grpc_set_header")
_BUILT = ("return", "rewrite", "add_header")


def features(tree: Tree) -> Iterator[Feature]:
    yield from _loose(tree)
    for server in tree.servers:
        if refuses(server):
            continue
        yield from _consoles(server)
        yield from _splits(server)
    yield from _hosts(tree)


def _loose(tree: Tree) -> Iterator[Feature]:
    for http in tree.own:
        for block in (http, *http.all("server")):
            for item in block.items:
                what = _LOOSE.get((item.name, item.value.lower()))
                if what:
                    yield Feature(item.place(), "invalid-headers", Setting(True, item.place()), what)


def _consoles(server: Item) -> Iterator[Feature]:
    if server.values or _private(server):
        return
    for location in locations(server):
        status = next(
            (
                i
                for i in location.items
                if i.name in ("stub_status", "status", "api", "vhost_traffic_status_display")
            ),
            None,
        )
        if status is not None:
            on = Setting(not guarded(location), status.place())
            yield Feature(location.block(), "metrics", on, "nginx status")
            continue
        known = _CONSOLES.get(match_of(location).path.rstrip("/"))
        if known is not None and passes(location) is not None:
            name, what = known
            yield Feature(location.block(), name, Setting(not guarded(location), location.block()), what)


def _private(server: Item) -> bool:
    """Whether it listens on loopback or a socket only."""
    addresses = [address_of(i.value)[0] for i in server.all("listen")]
    return bool(addresses) and all(
        isinstance(a, str) and a.startswith(("127.", "::1", "localhost", "unix:")) for a in addresses
    )


def _splits(server: Item) -> Iterator[Feature]:
    """$uri is decoded: %0d%0a in a path becomes a line break in a Location header."""
    for item in server.walk():
        if item.name not in _BUILT or not _into_header(item):
            continue
        yield Feature(
            item.place(), "response-splitting", Setting(True, item.place()), f"`{item.name}` with $uri"
        )


def _into_header(item: Item) -> bool:
    if item.name == "add_header":
        return len(item.values) > 1 and bool(DECODED.search(item.values[1]))
    if item.name == "return":
        redirect = item.value in ("301", "302", "303", "307", "308") or "://" in item.value
        return redirect and bool(DECODED.search(item.values[-1]))
    if len(item.values) < 2 or not DECODED.search(item.values[1]):
        return False
    return "://" in item.values[1] or item.values[-1] in ("permanent", "redirect")


def _hosts(tree: Tree) -> Iterator[Feature]:
    """A default server that serves content takes any Host; it matters where the name is used."""
    seen: set[int] = set()
    for server, explicit in defaults(tree).values():
        if id(server) in seen or refuses(server) or only_redirects_or_refuses(server):
            continue
        seen.add(id(server))
        if tree.fragment and not explicit and names_of(server):
            continue  # another file of the same http block may hold the default server
        if any(_tests_host(i) for i in server.all("if")):
            continue
        used = next((i for i in (*server.walk(), *_around(server)) if _uses_host(i)), None)
        if used is not None and not server.hides("listen"):
            yield Feature(
                server.block(), "host-check", Setting(False, server.block()), f"`{used.name}` passes it on"
            )


def _around(server: Item) -> Iterator[Item]:
    if server.up is not None and any(passes(i) for i in server.walk() if i.name == "location"):
        yield from server.up.items


def _uses_host(item: Item) -> bool:
    if item.name in _HEADERS_SENT:
        return len(item.values) > 1 and bool(_BY_HOST.search(item.values[1]))
    if item.name == "return":
        return bool(_BY_HOST.search(item.values[-1])) if item.values else False
    return item.name in ("rewrite", "proxy_pass") and any(_BY_HOST.search(v) for v in item.values)


def _tests_host(condition: Item) -> bool:
    text = " ".join(condition.values)
    answer = returned(condition)
    negative = re.match(r"^\(?\s*\$\{?(?:http_)?host\}?\s*!", text)
    return negative is not None and answer is not None and answer.status >= 300

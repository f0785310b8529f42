"""Switches that are worth a control of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import ABSENT, Setting, Switch
from batten.technologies.edges.nginx.blocks import (
    GUARDS,
    guarded,
    locations,
    match_of,
    only_redirects_or_refuses,
    passes,
    private,
    refuses,
    restricted,
    returned,
    serves_files,
    variables,
)
from batten.technologies.edges.nginx.tls.listeners import defaults, names_of
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.nodes import Item, remembered
from batten.technologies.shared.edges.paths import console_at

_LOOSE = {
    (
        "underscores_in_headers",
        "on",
    ): "header names with underscores are accepted, which many applications treat like dashes",
    ("ignore_invalid_headers", "off"): "headers with invalid names are accepted",
    (
        "merge_slashes",
        "off",
    ): "double slashes in paths are kept, so locations and upstreams see different paths",
}
_LOOSE_NAMES = tuple(name for name, _ in _LOOSE)
_STATUS = (
    "stub_status",
    "status",
    "api",
    "vhost_traffic_status_display",
    "upstream_conf",
    "check_status",
    "dynamic_upstream",
    "stream_server_traffic_status_display",
    "rtmp_stat",
    "rtmp_control",
)
_BY_HOST = re.compile(r"\$\{?(?:http_)?host\b")
# What proxies in front set (X-Forwarded-Host, X-Original-Host) is not among it.
_CLIENTS_HOST = re.compile(r"\$\{?(http_(?!x_(?:forwarded|original)_host)\w+|arg_\w+|cookie_\w+)\}?")
_SYSTEM = ("/", "/etc", "/etc/nginx", "/root", "/home", "/var", "/usr", "/proc")
_PURGES = ("proxy_cache_purge", "fastcgi_cache_purge", "uwsgi_cache_purge", "scgi_cache_purge")
_RULES = ("deny", "limit_except", *GUARDS)
_HEADERS_SENT = ("proxy_set_header", "fastcgi_param", "uwsgi_param", "grpc_set_header")
_USERS = (*_HEADERS_SENT, "return", "rewrite", "proxy_pass")  # what may say the host that a client names


def features(tree: Tree) -> Iterator[Feature]:
    for http in tree.own:
        for block in (http, *http.all("server")):
            for item in block.all(*_LOOSE_NAMES):
                what = _LOOSE.get((item.name, item.value.lower()))
                if what:
                    yield Feature(item.place(), Switch.INVALID_HEADERS, Setting(True, item.place()), what)
    for server in tree.servers:
        if refuses(server):
            continue
        yield from _consoles(server)
        yield from _upgrades(tree, server)
        # ngx_http_core_module: without an ending in the path, what `return` says is of the default type.
        for media_block in (server, *locations(server)):
            answer = returned(media_block)
            if answer is None or answer.status != 200 or not answer.target.lstrip().startswith(('{"', "[{")):
                continue
            types = inherited(media_block, "default_type")
            typed = any(
                "content-type" in " ".join(i.values).lower()
                for around in media_block.around()
                for i in around.items
                if i.name in ("add_header", "more_set_headers")
            )
            path = match_of(media_block).path if media_block.name == "location" else ""
            if types is None or typed or "." in path or "$" in (types[-1].value if types else ""):
                continue
            media = types[-1].value if types else "text/plain"
            if "json" not in media:
                yield Feature(
                    answer.item.place(), Switch.MEDIA_TYPE, Setting(False, answer.item.place()), media
                )
        yield from _system_roots(server)
    yield from _hosts(tree)


def _upgrades(tree: Tree, server: Item) -> Iterator[Feature]:
    """Headers that frame requests, passed on as the client wrote them."""
    for block in (server, *locations(server)):
        sent = {i.value.lower(): i for i in block.all("proxy_set_header") if len(i.values) > 1}
        for name, item in sent.items():
            value = item.values[1].lower()
            if name in ("transfer-encoding", "content-length", "te") and "$http_" in value:
                what = f"{item.value} is forwarded as the client sent it"
                yield Feature(item.place(), Switch.INVALID_HEADERS, Setting(True, item.place()), what)
        upgrade, connection = sent.get("upgrade"), sent.get("connection")
        if upgrade is not None and connection is not None and "$http_upgrade" in upgrade.values[1].lower():
            yield from _tunnels(tree, server, upgrade, connection)


def _tunnels(tree: Tree, server: Item, upgrade: Item, connection: Item) -> Iterator[Feature]:
    """`Connection: Upgrade, HTTP2-Settings` opens a tunnel to the upstream (h2c), past every rule here; some upstreams
    go by `Upgrade: h2c` alone, which the usual lines for web sockets forward."""
    block = upgrade.up or server
    if "$http_connection" in connection.values[1].lower():
        what = "clients may upgrade to any protocol, such as h2c, which bypasses the rules"
        yield Feature(connection.place(), Switch.INVALID_HEADERS, Setting(True, connection.place()), what)
        return
    version = inherited(block, "proxy_http_version")
    tested = any("$http_upgrade" in v for b in block.around() for i in b.all("if") for v in i.values)
    ruled = remembered(server, "ruled", lambda: any(i.value != "off" for i in server.below(*_RULES)))
    if ruled and not tested and version and version[-1].value == "1.1":
        # Whether `Connection: upgrade` is sent, by itself or by the usual map over $http_upgrade.
        value = connection.values[1]
        found = variables(tree, connection, value.strip("${}")) if value.startswith("$") else [value]
        upgrading = found is not None and any(v.lower() == "upgrade" for v in found)
        if upgrading:
            what = "clients may upgrade to h2c, where the upstream supports it, which bypasses the rules"
            at = upgrade.place()
            yield Feature(at, Switch.INVALID_HEADERS, Setting(ABSENT, at, True), what)


def _system_roots(server: Item) -> Iterator[Feature]:
    places = list(locations(server))
    whole = any(match_of(i).path == "/" for i in places)
    for block in (server, *places):
        serves = not whole if block is server else serves_files(block)
        for item in (*block.all("root"), *block.all("alias")) if serves else ():
            folder = item.value.rstrip("/") or "/"
            if folder in _SYSTEM and not restricted(block):
                what = f"everything below {folder}"
                yield Feature(item.place(), Switch.SYSTEM_ROOT, Setting(True, item.place()), what)


def _consoles(server: Item) -> Iterator[Feature]:
    if server.values or private(server):
        return
    for location in locations(server):
        status = location.first(*_STATUS)
        if status is not None:
            on = Setting(not (guarded(location) or refuses(location)), status.place())
            yield Feature(location.block(), Switch.METRICS, on, "nginx status")
            continue
        purge = location.first(*_PURGES)
        if purge is not None and not guarded(location) and not refuses(location):
            # ngx_cache_purge: `proxy_cache_purge zone key` in a location of its own, or `PURGE from all`. The
            # commercial directive goes by a variable, which a `map` over addresses may decide.
            words = purge.values
            if "from" in words:
                purged_by_anyone = words[words.index("from") + 1 :] == ["all"]
            else:
                purged_by_anyone = len(words) == 2 and not words[0].startswith("$")
            if purged_by_anyone:
                yield Feature(
                    location.block(), Switch.CONSOLE, Setting(True, purge.place()), "the cache's purge"
                )
                continue
        known = console_at(match_of(location).path)
        if known is not None and passes(location) is not None:
            name, what = known
            on = Setting(not (guarded(location) or refuses(location)), location.block())
            yield Feature(location.block(), name, on, what)


def _hosts(tree: Tree) -> Iterator[Feature]:
    """A default server that serves content takes any Host; it matters where the name is used."""
    seen: set[int] = set()
    flagged: set[int] = set()
    around: dict[int, Item | None] = {}  # by the block around servers: what of its own uses the name
    for server, explicit in defaults(tree).values():
        if id(server) in seen or refuses(server) or only_redirects_or_refuses(server):
            continue
        seen.add(id(server))
        if tree.fragment and not explicit and names_of(server):
            continue  # another file of the same http block may hold the default server
        if any(_tests_host(i) for i in server.all("if")):
            continue
        used = next(filter(_uses_host, server.below(*_USERS)), None) or _around(server, around)
        if used is not None and not server.hides("listen"):
            yield Feature(
                server.block(),
                Switch.HOST_CHECK,
                Setting(False, server.block()),
                f"`{used.name}` forwards it",
            )
            flagged.add(id(server))
    for server in tree.servers:
        if id(server) not in flagged and not refuses(server):
            # In `GET http://api.example.com/ HTTP/1.1` the name that nginx goes by is that of the URL, and $http_host
            # whatever the header says (RFC 9112, 3.2.2).
            for block in (server, *locations(server)):
                for item in block.all(*_HEADERS_SENT):
                    name = item.value.lower().replace("_", "-").removeprefix("http-")
                    sent = name in ("host", "x-forwarded-host")
                    found = _CLIENTS_HOST.fullmatch(" ".join(item.values[1:2])) if sent else None
                    if found and (found[1] == "http_host" or name == "host"):
                        what = f"`{item.name} {item.value}` forwards ${found[1]}, which nginx does not check"
                        yield Feature(item.place(), Switch.HOST_CHECK, Setting(False, item.place()), what)


def _around(server: Item, known: dict[int, Item | None]) -> Item | None:
    """What stands beside a server that passes requests on, and uses the name for it."""
    if server.up is None or not any(map(passes, server.below("location"))):
        return None
    if id(server.up) not in known:
        known[id(server.up)] = next(filter(_uses_host, server.up.all(*_USERS)), None)
    return known[id(server.up)]


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

"""Addresses, ports and TLS of servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Listener
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.edges.nginx import versions
from batten.technologies.edges.nginx.blocks import only_redirects_or_refuses, refuses
from batten.technologies.edges.nginx.tree import Tree, inherited, setting, varies
from batten.technologies.shared.edges.nodes import Item, once
from batten.technologies.shared.transport.tls import PROTOCOLS

_SETTINGS = ("ssl_protocols", "ssl_ciphers", "ssl_conf_command")
_LISTEN = re.compile(r"(?:(\[[^\]]*\]|[^:\s]*?):)?(\d+)(?:-\d+)?$")


def listeners(tree: Tree) -> Iterator[Listener]:
    for server in tree.servers:
        yield from _of_server(server, tree.version, http=True)
    for http in tree.own:
        sets = http not in tree.servers and http.first(*_SETTINGS) is not None and http.hides("server")
        if sets and not any(over_tls(s) for s in tree.servers):
            yield _of_others(http, tree.version)
    for server in tree.streams:
        yield from _of_server(server, tree.version, http=False)


def _of_server(server: Item, version: str, http: bool) -> Iterator[Listener]:
    listens = server.all("listen")
    if not listens:
        if http and not server.hides("listen"):  # nginx then listens on *:80
            yield _listener(server, None, version, http)
        elif http and server.first(*_SETTINGS):
            yield _of_others(server, version)
        return
    for listen in listens:
        yield _listener(server, listen, version, http)


def _of_others(block: Item, version: str) -> Listener:
    """What a part by itself sets for listeners of other files."""
    at = block.block()
    return Listener(
        at,
        address=Setting(UNKNOWN, at),
        port=Setting(UNKNOWN, at),
        tls=Setting(UNKNOWN, at),
        names=names_of(block),
        protocols=_protocols(block, version) if block.first("ssl_protocols", "ssl_conf_command") else None,
        ciphers=_ciphers(block) if block.first("ssl_ciphers", "ssl_conf_command") else None,
    )


def _listener(server: Item, listen: Item | None, version: str, http: bool) -> Listener:
    at = listen.place() if listen else server.block()
    address, port = address_of(listen.value) if listen else ("0.0.0.0", 80)
    tls = tls_of(server, listen)
    settled = only_redirects_or_refuses(server) if http else None
    return Listener(
        at,
        address=Setting(address, at),
        port=Setting(port, at),
        tls=tls,
        names=names_of(server),
        redirects_to_tls=Setting(UNKNOWN if settled is None else settled, server.block()) if http else None,
        serves=not (http and refuses(server)),
        protocols=_protocols(server, version) if tls.known(False) else None,
        ciphers=_ciphers(server) if tls.known(False) and not _rejects(server) else None,
        certificate=setting(server, "ssl_certificate", lambda v: v[0]) if tls.known(False) else None,
        http=http,
    )


def _rejects(server: Item) -> bool:
    """Whether no handshake is ever completed there."""
    found = inherited(server, "ssl_reject_handshake")
    return bool(found) and found is not None and found[-1].value == "on"


def _commanded(server: Item, *names: str) -> Item | None:
    """`ssl_conf_command` hands a setting to OpenSSL itself, after nginx's own."""
    found = inherited(server, "ssl_conf_command") or []
    return next((i for i in found if i.value in names), None)


def _ciphers(server: Item) -> Setting[str]:
    command = _commanded(server, "CipherString")
    if command is not None:
        return Setting(UNKNOWN, command.place())
    return setting(server, "ssl_ciphers", lambda v: v[0], versions.CIPHERS)


def _protocols(server: Item, version: str) -> Setting[tuple[str, ...]]:
    command = _commanded(server, "Protocol", "MinProtocol", "MaxProtocol")
    if command is not None:
        return Setting(UNKNOWN, command.place())
    return setting(
        server,
        "ssl_protocols",
        lambda v: tuple(p for p in PROTOCOLS if p in v),
        versions.protocols(version),
    )


def address_of(listen: str) -> tuple[str | Unknown, int | Unknown]:
    """Address and port of a listen directive's first argument (ngx_http_core_module, listen)."""
    if listen.startswith("unix:"):
        return listen, 0
    if varies(listen):
        return UNKNOWN, UNKNOWN
    if listen.isdigit():
        return "0.0.0.0", int(listen)
    if listen.startswith("[") and listen.endswith("]"):
        return listen.strip("[]"), 80
    found = _LISTEN.match(listen)
    if found is None:
        return listen, 80
    address = (found[1] or "").strip("[]")
    return ("0.0.0.0" if address in ("", "*") else address), int(found[2])


def tls_of(server: Item, listen: Item | None) -> Setting[bool]:
    """Whether connections there are TLS: the `ssl` and `quic` parameters, or the old `ssl on;`."""
    at = listen.place() if listen else server.block()
    old = inherited(server, "ssl")
    if old and old[-1].value == "on":
        return Setting(True, old[-1].place())
    if listen is None:
        return Setting(ABSENT, at, False)
    words = listen.values[1:]
    if any(varies(w) for w in words):
        return Setting(UNKNOWN, at)
    return Setting("ssl" in words or "quic" in words, at)


@once
def over_tls(server: Item) -> bool:
    listens: list[Item | None] = [*server.all("listen")] or [None]
    return any(tls_of(server, listen).known(False) for listen in listens)


def plain_listens(server: Item) -> list[Item]:
    return [i for i in server.all("listen") if tls_of(server, i).known(True) is False]


@once
def names_of(server: Item) -> tuple[str, ...]:
    """Host names the server answers to; empty for any."""
    names = (n for i in server.all("server_name") for n in i.values)
    return tuple(n for n in names if n not in ("_", "", '""'))


def defaults(tree: Tree) -> dict[tuple[object, object], tuple[Item, bool]]:
    """By address and port: the server that gets requests for unknown names, and whether it says so."""
    found: dict[tuple[object, object], tuple[Item, bool]] = {}
    for server in tree.servers:
        for listen in server.all("listen"):
            key = address_of(listen.value)
            explicit = "default_server" in listen.values or "default" in listen.values
            if key not in found or (explicit and not found[key][1]):
                found[key] = (server, explicit)
    return found

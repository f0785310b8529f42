"""Addresses of sites, and how Caddy serves them: https://caddyserver.com/docs/caddyfile/concepts#addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.edges.caddy.tree import Item, Tree, varies
from batten.technologies.shared.transport.upstreams import is_loopback

_ADDRESS = re.compile(r"^(?:(https?)://)?(\[[^\]]*\]|[^/:]*)(?::(\d+|[\d]+-\d+))?(/.*)?$")


@record
class Address:
    """`host` is "" for any. `port` is the written one, or the scheme's; `tls` is UNKNOWN where the
    environment decides, and for `:443` alone."""

    scheme: str
    host: str
    port: int
    tls: bool | Unknown
    at: Location
    number: int  # of the word in the site's line


def addresses(tree: Tree, site: Item) -> Iterator[Address]:
    for number, word in enumerate(site.statement.words) if site.texts else ():
        text = site.texts[number].rstrip(",")
        if text:
            at = Location(site.source.path, site.pointer, word.span)
            found = _ADDRESS.match(text)
            if found is None or (varies(text) and not text.startswith(("http://", "https://"))):
                address = Address("", "" if found is None else found[2], 0, UNKNOWN, at, number)
            else:
                scheme, host = found[1] or "", found[2]
                plain, secure = _port(tree, "http_port", 80), _port(tree, "https_port", 443)
                port = int(found[3].partition("-")[0]) if found[3] else plain if scheme == "http" else secure
                # https:// and names are served over TLS, unless at the HTTP port; a port alone is, with `tls`.
                if scheme == "http" or port == plain:
                    tls: bool | Unknown = False
                elif scheme == "https" or host:
                    tls = True
                else:
                    tls = UNKNOWN if site.first("tls") is not None or port == 443 or site.hides() else False
                address = Address(scheme, host, port, tls, at, number)
            yield address


def _port(tree: Tree, name: str, otherwise: int) -> int:
    option = tree.option(name)
    word = option.texts[1] if option is not None and len(option.texts) > 1 else ""
    return int(word) if word.isdigit() else otherwise


def over_tls(tree: Tree, site: Item) -> bool:
    return any(a.tls is True for a in addresses(tree, site))


def host_names(tree: Tree, site: Item) -> tuple[str, ...]:
    """The only hosts that a site answers for; () for any, and where the environment decides."""
    hosts = [a.host for a in addresses(tree, site)]
    known = all(host not in ("", "*") and not varies(host) for host in hosts)
    return tuple(dict.fromkeys(hosts)) if known else ()


def speaks_plain(tree: Tree, site: Item) -> bool:
    """Whether an outsider may ask over plain HTTP."""
    return any(a.tls is False and not is_loopback(a.host) for a in addresses(tree, site)) and not local_only(
        tree, site
    )


def catch_all(tree: Tree, site: Item) -> bool:
    """Whether it answers for any Host."""
    return any(a.host in ("", "*") and a.tls is not UNKNOWN for a in addresses(tree, site))


def bound(tree: Tree, site: Item) -> Setting[str]:
    """The address it listens on: of `bind`, of the option `default_bind`, or every one."""
    item = site.first("bind") or tree.option("default_bind")
    if item is None or len(item.texts) < 2:
        return Setting(UNKNOWN if site.hides() else "0.0.0.0", site.block())
    host = item.texts[1]
    return Setting(UNKNOWN if varies(host) else host.replace("unix/", "unix:/", 1), item.place())


def local_only(tree: Tree, site: Item) -> bool:
    where = bound(tree, site).known("")
    hosts = [a.host for a in addresses(tree, site)]
    return (
        is_loopback(where)
        or where.startswith("unix:")
        or (bool(hosts) and all(is_loopback(h) for h in hosts if h) and all(hosts))
    )

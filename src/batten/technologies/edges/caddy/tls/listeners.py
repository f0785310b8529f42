"""Where Caddy listens, and how TLS is spoken there."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Certificate, Listener
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.edges.caddy.addresses import Address, addresses, bound
from batten.technologies.edges.caddy.flow import only_redirects, serves
from batten.technologies.edges.caddy.tree import Item, Tree, varies
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.tls import between, openssl_suite
from batten.technologies.shared.transport.upstreams import is_loopback

HOME = "etc/caddy"
_VERSIONS = {"tls1.2": "TLSv1.2", "tls1.3": "TLSv1.3"}


def listeners(tree: Tree) -> Iterator[Listener]:
    for site in tree.sites:
        for address in addresses(tree, site):
            yield _listener(tree, site, address)


def _listener(tree: Tree, site: Item, address: Address) -> Listener:
    tls = site.first("tls")
    where = bound(tree, site)
    if is_loopback(address.host) and where.known("") == "0.0.0.0":
        where = Setting(address.host, address.at)
    redirects = only_redirects(site)
    port: Setting[int] = Setting(address.port or UNKNOWN, address.at)
    # Go's own list by default, without CBC since Caddy 2.0.
    item = tls.first("ciphers") if tls is not None else None
    if item is None:
        ciphers: Setting[str] = Setting(ABSENT, site.block(), UNKNOWN)
    else:
        text = ":".join(openssl_suite(t) for t in item.texts[1:])
        ciphers = Setting(UNKNOWN if item.varies else text, item.place())
    # TLS 1.2 and newer by default; since 2.0 the Caddyfile takes no older one.
    protocols_item = tls.first("protocols") if tls is not None else None
    if protocols_item is None:
        protocols: Setting[tuple[str, ...]] = Setting(ABSENT, site.block(), between("TLSv1.2"))
    else:
        low, high = protocols_item.texts[1:2], protocols_item.texts[2:3]
        if protocols_item.varies or not low:
            protocols = Setting(UNKNOWN, protocols_item.place())
        else:
            lowest = _VERSIONS.get(low[0], "")
            highest = _VERSIONS.get(high[0], "TLSv1.3") if high else "TLSv1.3"
            protocols = Setting(between(lowest, highest) if lowest else UNKNOWN, protocols_item.place())
    return Listener(
        address.at,
        address=where,
        port=port,
        tls=Setting(address.tls, address.at),
        names=(address.host,) if address.host else (),
        redirects_to_tls=Setting(_redirected(tree, site, redirects), address.at)
        if address.tls is not True
        else None,
        serves=serves(site) or redirects,
        protocols=protocols,
        ciphers=ciphers,
        certificate=_certificate(site, tls),
    )


def _redirected(tree: Tree, site: Item, whole: bool) -> bool | Unknown:
    """Whether plain requests are redirected; unknown where the site answers the same name over TLS, and redirects the requests
    of a matcher: which ones it leaves is meant."""
    if whole or not any(one.tls is True for one in addresses(tree, site)):
        return whole
    partly = any(any(word.startswith("https://") for word in item.args) for item in site.all("redir"))
    return UNKNOWN if partly else whole


def _certificate(site: Item, tls: Item | None) -> Setting[str] | None:
    if tls is None or len(tls.texts) < 3 or varies(tls.texts[1]):
        return None
    return Setting(tls.texts[1], tls.head())


def certificates(tree: Tree, workspace: Workspace) -> Iterator[Certificate]:
    for site in tree.sites:
        named = _certificate(site, site.first("tls"))
        if named is not None:
            path = named.known("")
            hosts = tuple(
                a.host for a in addresses(tree, site) if a.host and "*" not in a.host and not varies(a.host)
            )
            places = candidates(path.removeprefix("/etc/caddy/"), tree.files[0], workspace, HOME)
            found = certificate_at(places, hosts, named.at, workspace)
            if found is not None:
                yield found

"""Addresses, ports and TLS of servers."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Listener
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.edges.apache import versions
from batten.technologies.edges.apache.sections import names_of, only_redirects, refuses
from batten.technologies.edges.apache.tree import Item, Tree, inherited, port_in, setting, varies
from batten.technologies.shared.transport.tls import PROTOCOLS
from batten.technologies.shared.transport.upstreams import is_loopback

_WORDS = {p.lower(): p for p in PROTOCOLS}
_ALL = ("SSLv3", *versions.PROTOCOLS)  # mod_ssl, SSLProtocol: "all" has SSLv3 where OpenSSL has


def listeners(tree: Tree) -> Iterator[Listener]:
    for server in tree.servers:
        if tree.kind == "part":
            continue
        for at, address in _addresses(tree, server):
            yield _listener(tree, server, at, address)


def _addresses(tree: Tree, server: Item) -> Iterator[tuple[Item, str]]:
    if server.name == "virtualhost":
        yield from ((server, value) for value in server.values)
    else:
        yield from ((listen, listen.value) for listen in tree.own_ports)


def _listener(tree: Tree, server: Item, item: Item, text: str) -> Listener:
    at = item.block() if item is server else item.place()
    address, port = address_of(tree, text)
    tls = tls_of(server, port)
    settled = only_redirects(server)
    return Listener(
        at,
        address=Setting(address, at),
        port=Setting(port, at),
        tls=tls,
        names=names_of(server),
        redirects_to_tls=Setting(UNKNOWN if settled is None else settled, server.block()),
        serves=not refuses(server),
        protocols=_protocols(tree, server) if tls.known(False) else None,
        ciphers=_ciphers(server) if tls.known(False) else None,
        certificate=setting(server, "sslcertificatefile", lambda v: v[0]) if tls.known(False) else None,
    )


def address_of(tree: Tree, text: str) -> tuple[str | Unknown, int | Unknown]:
    """Address and port of a `Listen` or a <VirtualHost>. A host of any address answers where it listens."""
    if varies(text):
        return UNKNOWN, UNKNOWN
    port = port_in(text)
    address = "" if text.isdigit() else text.removesuffix(f":{port}").strip("[]")
    if address in ("", "*", "_default_"):
        heard = tree.heard(port)
        address = heard[0] if heard and all(a and is_loopback(a) for a in heard) else "0.0.0.0"
    return address, int(port) if port != "*" else UNKNOWN


def tls_of(server: Item, port: int | Unknown) -> Setting[bool]:
    """SSLEngine, off unless it is written; a host for port 443 that does not say may have it from elsewhere."""
    found = inherited(server, "sslengine")
    if isinstance(found, Item):
        known = {"on": True, "off": False}.get(found.value.lower())
        return Setting(UNKNOWN if known is None else known, found.place())
    unsure = isinstance(found, Unknown) or port == 443 or isinstance(port, Unknown)
    return Setting(UNKNOWN if unsure else ABSENT, server.block(), False)


def over_tls(tree: Tree, server: Item) -> bool:
    return any(tls_of(server, address_of(tree, a)[1]).known(False) for _, a in _addresses(tree, server))


def plain(tree: Tree, server: Item) -> bool:
    """Whether it answers in clear text on some address that is not this machine's own."""
    for _, text in _addresses(tree, server):
        address, port = address_of(tree, text)
        outside = isinstance(address, str) and not is_loopback(address)
        if outside and tls_of(server, port).known(True) is False:
            return True
    return False


def _commanded(server: Item, *names: str) -> Item | Unknown | None:
    """SSLOpenSSLConfCmd hands a setting to OpenSSL itself, after httpd's own."""
    found = inherited(server, "sslopensslconfcmd")
    return found if isinstance(found, Unknown) or (found is not None and found.value in names) else None


def _protocols(tree: Tree, server: Item) -> Setting[tuple[str, ...]]:
    if _commanded(server, "Protocol", "MinProtocol", "MaxProtocol") is not None:
        return Setting(UNKNOWN, server.block())
    return setting(
        server, "sslprotocol", protocols, versions.PROTOCOLS, tree.root if not server.name else server
    )


def protocols(words: list[str]) -> tuple[str, ...] | None:
    """What SSLProtocol lets in: words with a sign change what stands before, one without begins anew."""
    found: set[str] = set()
    for word in words:
        name = word.lstrip("+-").lower()
        named = set(_ALL) if name == "all" else {_WORDS[name]} if name in _WORDS else None
        if named is None:
            return None
        found = found - named if word.startswith("-") else found | named if word.startswith("+") else named
    return tuple(p for p in PROTOCOLS if p in found)


def _ciphers(server: Item) -> Setting[str]:
    if _commanded(server, "CipherString") is not None:
        return Setting(UNKNOWN, server.block())
    return setting(server, "sslciphersuite", suites, versions.CIPHERS)


def suites(words: list[str]) -> str | None:
    """The suites of TLS 1.2; those of TLS 1.3 are all strong. RHEL's PROFILE=SYSTEM is a system's own."""
    if words[:1] == ["TLSv1.3"] or words[-1].upper().startswith("PROFILE="):
        return None
    return words[-1]


def is_default(tree: Tree, server: Item) -> bool:
    """Whether requests for unknown names reach the server: it is the first for one of its addresses."""
    if tree.kind == "part":
        return False
    if server.name != "virtualhost":
        return True
    before: set[str] = set()
    for host in tree.hosts:
        if host is server:
            return any(v not in before for v in host.values)
        before |= set(host.values)
    return False

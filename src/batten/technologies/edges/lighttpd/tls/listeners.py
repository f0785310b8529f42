"""Addresses, ports and TLS: the main socket, and each `$SERVER["socket"]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from batten.facts import Certificate, Listener
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.edges.lighttpd import versions
from batten.technologies.edges.lighttpd.tree import Held, Known, Pair, Scope, Tree, setting
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.tls import PROTOCOLS, between, version_named
from batten.technologies.shared.transport.upstreams import is_loopback

COMMANDS = "ssl.openssl.ssl-conf-cmd"
CIPHERS = "ssl.cipher-list"  # before 1.4.53, and still read
_SOCKET = re.compile(r"^(?:(\[[^\]]*\]|[^:]*):)?(\d+)$")
_ALL = re.compile(
    r"^(?:|\^|\^?/?\.\*\$?|\^?/?\(\.\*\)\$?|\^?/|\^?\(\[\^:\][*+]\))$"
)  # expressions that every URL or host matches
_RENEWAL = re.compile(r"well-known|acme-challenge")


@record
class Server:
    """A socket, and the scope that is in force for what comes in there."""

    scope: Scope
    at: Location
    address: str | Unknown
    port: int | Unknown
    tls: Setting[bool]

    @property
    def plain(self) -> bool:
        return self.tls.known(True) is False

    @property
    def local(self) -> bool:
        return isinstance(self.address, str) and (self.port == 0 or is_loopback(self.address))


def servers(tree: Tree) -> list[Server]:
    """The sockets, the main one first. A tree does not change, so they are made out once."""
    if tree.sockets is None:
        own = [] if tree.fragment else [_main(tree.root)]
        tree.sockets = [*[*own, *(_socket(s) for s in tree.root.walk() if _is_socket(s))]]
    return cast("list[Server]", tree.sockets)


def _is_socket(scope: Scope) -> bool:
    condition = scope.block.condition if scope.block is not None else None
    return condition is not None and scope.is_about("SERVER", "socket") and condition.operator == "=="


def _main(root: Scope) -> Server:
    """Docs_ConfigurationOptions: server.bind is every address, server.port 80, or 443 with TLS."""
    tls = _tls(root)
    bind, port = setting(root, "server.bind"), setting(root, "server.port")
    at = port.at if port.written else bind.at
    address = bind.value if isinstance(bind.value, str) else "0.0.0.0" if bind.value is ABSENT else UNKNOWN
    if isinstance(address, str) and address.startswith("/"):
        return Server(root, at, f"unix:{address}", 0, tls)
    value = port.value
    number = (
        int(value)
        if isinstance(value, str) and value.isdigit()
        else (443 if tls.known(False) else 80)
        if value is ABSENT
        else UNKNOWN
    )
    return Server(root, at, address.strip("[]") if isinstance(address, str) else address, number, tls)


def _socket(scope: Scope) -> Server:
    at = scope.block_at()
    condition = scope.block.condition if scope.block is not None else None
    text = condition.value.text if condition is not None and not condition.value.parts else None
    if text is None:
        return Server(scope, at, UNKNOWN, UNKNOWN, _tls(scope))
    found = _SOCKET.match(text)
    if found is None:
        local = text.startswith("/")
        return Server(
            scope, at, f"unix:{text}" if local else text.strip("[]"), 0 if local else UNKNOWN, _tls(scope)
        )
    address = (found[1] or "").strip("[]")
    return Server(scope, at, address if address not in ("", "*") else "0.0.0.0", int(found[2]), _tls(scope))


def _tls(scope: Scope) -> Setting[bool]:
    """A socket without ssl.engine of its own has that of the file's top."""
    found = setting(scope, "ssl.engine")
    value = found.value
    return Setting(value == "enable" if isinstance(value, str) else value, found.at, False)


def listeners(tree: Tree) -> Iterator[Listener]:
    for server in servers(tree):
        secure = server.tls.known(False)
        yield Listener(
            server.at,
            address=Setting(server.address, server.at),
            port=Setting(server.port, server.at),
            tls=server.tls,
            redirects_to_tls=redirects(tree, server),
            protocols=_protocols(tree, server.scope) if secure else None,
            ciphers=_ciphers(tree, server.scope) if secure else None,
            certificate=setting(server.scope, "ssl.pemfile") if secure else None,
        )


def home(scope: Scope) -> Scope:
    """Where TLS settings of a socket belong: all but ssl.engine must stand with the certificate (mod_openssl)."""
    return next((s for s in scope.around() if "ssl.pemfile" in s.held), scope)


def commands(scope: Scope) -> dict[str, Pair] | None:
    """What ssl.openssl.ssl-conf-cmd says, by lower-case name; None where it is not known."""
    found = scope.find(COMMANDS)
    if isinstance(found, Held):
        if not isinstance(found.value, list):
            return None
        return {p.key.lower(): p for p in found.pairs}
    return None if found is UNKNOWN else {}


def _protocols(tree: Tree, scope: Scope) -> Setting[tuple[str, ...]]:
    """What MinProtocol, MaxProtocol and Protocol leave together; the default MinProtocol holds beside Protocol too."""
    at = home(scope).block_at()
    written = commands(scope)
    if written is None:
        return Setting(UNKNOWN, at)
    default = versions.protocols(tree.version)
    lowest = written.get("minprotocol")
    if lowest is None and not written.keys() & {"maxprotocol", "protocol"}:
        return Setting(ABSENT, at, default)
    ranges = [_from(lowest) if lowest is not None else default, *(_narrowed(written))]
    where = lowest.place() if lowest is not None else at
    known = [r for r in ranges if not isinstance(r, Unknown)]
    if len(known) < len(ranges):
        return Setting(UNKNOWN, where)
    return Setting(tuple(v for v in PROTOCOLS if all(v in r for r in known)), where)


def _from(lowest: Pair) -> tuple[str, ...] | Unknown:
    text = lowest.value if isinstance(lowest.value, str) else ""
    name = version_named(text) or ("SSLv3" if text.lower() == "none" else "")
    return between(name) if name else UNKNOWN


def _narrowed(written: dict[str, Pair]) -> Iterator[tuple[str, ...] | Unknown]:
    if "maxprotocol" in written:
        text = written["maxprotocol"].value
        highest = version_named(text) if isinstance(text, str) else ""
        yield between("SSLv3", highest) if highest else UNKNOWN
    if "protocol" in written:
        yield _listed(written["protocol"].value)


def _listed(text: Known) -> tuple[str, ...] | Unknown:
    """SSL_CONF_cmd: a list in which `-` takes away and ALL is every version."""
    if not isinstance(text, str):
        return UNKNOWN
    made: set[str] = set()
    for word in text.replace(",", " ").split():
        plain = word.lstrip("+-")
        named = set(PROTOCOLS[1:]) if plain.upper() == "ALL" else {version_named(plain)}
        if "" in named:
            return UNKNOWN
        made = made - named if word.startswith("-") else made | named
    return tuple(v for v in PROTOCOLS if v in made)


def _ciphers(tree: Tree, scope: Scope) -> Setting[str]:
    at = home(scope).block_at()
    written = commands(scope)
    if written is None:
        return Setting(UNKNOWN, at)
    if "cipherstring" in written:
        pair = written["cipherstring"]
        return Setting(pair.value if isinstance(pair.value, str) else UNKNOWN, pair.place())
    old = setting(scope, CIPHERS)
    return old if old.written else Setting(ABSENT, at, versions.ciphers(tree.version))


def redirects(tree: Tree, server: Server) -> Setting[bool]:
    """Whether every plain request there is sent to https."""
    known = tree.redirecting.get(id(server.scope))
    if known is None:
        known = tree.redirecting[id(server.scope)] = _redirected(tree, server)
    return known


def _redirected(tree: Tree, server: Server) -> Setting[bool]:
    """A socket without redirects of its own has those of the file's top."""
    own = _redirects(server.scope)
    if not own and server.scope.up is not None and "url.redirect" not in server.scope.held:
        main = servers(tree)[0]
        if main.scope.up is None:
            return redirects(tree, main)
    loaded = tree.loaded("mod_redirect")
    known = UNKNOWN if own is None or (own and loaded is None) else own and loaded is True
    return Setting(known, server.scope.block_at())


def _redirects(scope: Scope) -> bool | None:
    """None: some are, or it is not known. Blocks of other sockets, and those for TLS, do not count."""
    if scope.hides("url.redirect"):
        return None
    held = scope.held.get("url.redirect")
    if held is not None:
        pairs = [p for p in held.pairs if isinstance(p.value, str)]
        if any(_ALL.match(p.key) and str(p.value).startswith("https://") for p in pairs):
            return True
        if held.value is UNKNOWN or any(str(p.value).startswith("https://") for p in pairs):
            return None
    inner = [(_holds(s), _redirects(s)) for s in scope.scopes if not s.is_about("SERVER", "socket")]
    if any(always and found for always, found in inner):
        return True
    return None if any(found is not False for always, found in inner if always is not None) else False


def _holds(scope: Scope) -> bool | None:
    """Whether a condition holds for all plain requests; None: for none of them."""
    condition = scope.block.condition if scope.block is not None else None
    if condition is None:
        return False
    text = condition.value.text
    if condition.key == "scheme":
        wanted = (condition.operator == "==") == (text == "http")
        return True if wanted else None
    if condition.key == "host" and condition.operator == "=~":
        return bool(_ALL.match(text))
    if condition.key == "url" and condition.operator in ("!~", "!="):
        return bool(_RENEWAL.search(text))
    return condition.key == "url" and bool(_ALL.match(text))


def serving(tree: Tree) -> bool:
    """Whether a socket answers with more than redirects."""
    return any(not (s.plain and redirects(tree, s).known(False)) for s in servers(tree))


def certificates(tree: Tree, workspace: Workspace) -> Iterator[Certificate]:
    seen: set[Location] = set()
    for server in servers(tree):
        path = setting(server.scope, "ssl.pemfile")
        if not server.tls.known(False) or not isinstance(path.value, str) or path.at in seen:
            continue
        seen.add(path.at)
        here = candidates(path.value, tree.files[0], workspace, versions.HOME)
        found = certificate_at(here, (), path.at, workspace)
        if found is not None:
            yield found

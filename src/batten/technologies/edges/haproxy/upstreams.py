"""Where requests go, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Upstream
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.haproxy.tls.listeners import parameter
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.transport.upstreams import is_loopback

_SOCKET = re.compile(r"^(?:unix@|/|abns@|sockpair@)")
_CLIENTS = re.compile(
    r"^(?:(?:req\.)?f?hdr(?:_ip)?\((?!x-forwarded)|url(?:p|_param|_ip)\b|req\.cook|cook\()", re.IGNORECASE
)
_FAMILY = re.compile(r"^(?:ipv4|ipv6|quic4|quic6|tcp4?6?)@")


def upstreams(tree: Tree) -> Iterator[Upstream]:
    for block in tree.of("backend", "listen"):
        for item in (*block.all("server"), *block.all("server-template")):
            words = item.values
            address = words[2 if words[0] == "server" else 3 :][:1]
            if address:
                yield _upstream(tree, block, item, address[0])
        for item in block.all("dispatch"):
            yield from (_upstream(tree, block, item, address) for address in item.values[1:2])


def peers(tree: Tree) -> Iterator[Upstream]:
    """Other instances, which are sent the stick tables: addresses, and what else is counted (manual, 3.5)."""
    for block in tree.of("peers"):
        here = tree.globally("localpeer")
        for item in (*block.all("peer"), *block.all("server")):
            words = item.values
            if len(words) > 2 and ":" in words[2] and (here is None or here.values[1:2] != words[1:2]):
                yield _upstream(tree, block, item, words[2])


def led_by_clients(tree: Tree) -> Iterator[Upstream]:
    """`set-dst` from a header or parameter: the client says where the connection goes."""
    for block in tree.of("frontend", "listen", "backend"):
        for rule in (*block.all("http-request"), *block.all("tcp-request")):
            words = [w for w in rule.values if w not in ("content", "connection", "session")]
            if (
                words[1:2] != ["set-dst"]
                or rule.varies
                or len(words) < 3
                or "if" in words
                or "unless" in words
            ):
                continue
            if _CLIENTS.match(words[2]):
                at = rule.place()
                yield Upstream(at, target=Setting(UNKNOWN, at), from_client=(at,))


def _upstream(tree: Tree, block: Block, item: Item, address: str) -> Upstream:
    at = item.place()
    host, port = ("", 0) if _SOCKET.match(address) else host_of(address)
    unknown = item.varies
    encrypted_at = item.place()
    if "no-ssl" in item.values:
        encrypted: Setting[bool] = Setting(False, encrypted_at)
    elif any("ssl" in line.values[1:] for line in (item, *shared(block))):
        encrypted = Setting(True, encrypted_at)
    else:
        # In TCP mode the bytes may well be TLS already.
        encrypted_unknown = (
            (block.kind != "peers" and block.mode.known("tcp") != "http") or block.unread or item.varies
        )
        encrypted = Setting(UNKNOWN if encrypted_unknown else False, encrypted_at)
    return Upstream(
        at,
        target=Setting(UNKNOWN if unknown else address, at),
        host="" if unknown else host,
        port=port,
        encrypted=encrypted,
        verified=verified(tree, block, item) if encrypted.known(False) else None,
        local=not unknown and bool(_SOCKET.match(address) or is_loopback(host)),
    )


def host_of(address: str) -> tuple[str, int]:
    """Host and port of a server's address; 0 when it takes the port that was asked for."""
    plain = _FAMILY.sub("", address)
    if plain.startswith("["):
        host, _, port = plain[1:].partition("]")
        return host, int(port[1:]) if port[1:].isdigit() else 0
    host, colon, port = plain.rpartition(":")
    return (host, int(port) if port.isdigit() else 0) if colon else (plain, 0)


def shared(block: Block) -> list[Item]:
    """`default-server` lines in force, outermost first: what they say adds up."""
    return [i for b in (*reversed(block.outer), block) for i in b.all("default-server")]


def written(block: Block, item: Item, name: str) -> tuple[str, Item] | None:
    """A parameter's value, and the line that says it: the server's own, or the last default-server."""
    for line in (item, *reversed(shared(block))):
        value = parameter(line.values, name)
        if value:
            return value, line
    return None


def verified(tree: Tree, block: Block, item: Item) -> Setting[bool]:
    """Required unless `verify none` or `ssl-server-verify none` says otherwise (manual, 3.1 and 5.2)."""
    said = written(block, item, "verify")
    if said is not None:
        value, line = said
        return Setting(UNKNOWN if line.varies else value != "none", line.place())
    everywhere = tree.globally("ssl-server-verify")
    if everywhere is not None and len(everywhere.values) > 1:
        return Setting(everywhere.values[1] != "none", everywhere.place())
    return Setting(UNKNOWN if block.unread else ABSENT, item.place(), True)

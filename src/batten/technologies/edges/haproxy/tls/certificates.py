"""Certificate files that lie in the reviewed tree, and ports of stores that HAProxy opens."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.facts import Certificate, PublishedPort
from batten.formats import Workspace
from batten.model import Setting
from batten.technologies.edges.haproxy.tls.listeners import address_of, parameter
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.edges.haproxy.versions import FOLDERS, HOME
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.containers.ports import Behind, Evidence, behind
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.upstreams import is_loopback


def certificates(tree: Tree, workspace: Workspace) -> Iterator[Certificate]:
    for block in tree.of("frontend", "listen"):
        for bind in block.all("bind"):
            # The file of a certificate; for `@store/alias` what the store loads by that name (manual, `crt-store`).
            name = parameter(bind.values, "crt")
            store, slash, alias = name.removeprefix("@").partition("/")
            if not name.startswith("@") or not slash:
                path = name
            else:
                loads = [
                    i for b in tree.of("crt-store") if b.name == store for i in b.all("load") if not i.varies
                ]
                files = [
                    parameter(i.values, "crt")
                    for i in loads
                    if alias in (parameter(i.values, "alias"), parameter(i.values, "crt"))
                ]
                path = files[0] if files else name
            if path and not bind.varies and not path.startswith("@"):
                places = _places(tree, path, workspace)
                found = certificate_at(places, (), bind.place(), workspace)
                if found is not None:
                    yield found


def _places(tree: Tree, path: str, workspace: Workspace) -> Iterator[str]:
    main = tree.files[0]
    base = tree.globally("crt-base")
    if base is not None and not path.startswith("/") and len(base.values) > 1:
        path = posixpath.join(base.values[1], path)
    for folder in FOLDERS:
        if path.startswith(folder):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(main), path[len(folder) :]))
    yield from candidates(path, main, workspace, HOME)


def ports(tree: Tree) -> Iterator[PublishedPort]:
    """What listens for a store's clients hands the store on, unless rules keep strangers out."""
    for block in tree.of("frontend", "listen"):
        if block.http or block.unread or any(True for _ in block.rules("tcp-request")):
            continue
        for bind in block.all("bind"):
            own = len(bind.values) > 1 and not bind.varies and "verify" not in bind.values
            for address in bind.values[1].split(",") if own else ():
                yield from _port(bind, address, _names(tree, block))


def _names(tree: Tree, block: Block) -> tuple[str, ...]:
    """What the section is called, and what it passes connections on to."""
    behind_it = tree.behind(block) or []
    servers = [s.values[2] for b in behind_it for s in b.all("server") if len(s.values) > 2]
    return block.name, *(b.name for b in behind_it), *servers


def _port(bind: Item, address: str, names: tuple[str, ...]) -> Iterator[PublishedPort]:
    host, port = address_of(address)
    found = behind(port, Evidence(names=names)) if isinstance(port, int) else Behind()
    if isinstance(host, str) and isinstance(port, int) and found.what and not is_loopback(host):
        at = bind.place()
        yield PublishedPort(
            at,
            service=bind.home.name,
            host_address=Setting(host, at),
            host_port=Setting(port, at),
            container_port=port,
            admin=found.what,
            guessed=found.guessed,
        )

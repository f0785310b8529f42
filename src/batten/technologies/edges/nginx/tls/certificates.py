"""Certificate files that lie in the reviewed tree, and ports of stores that a stream server opens."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Certificate, PublishedPort
from batten.formats import Workspace
from batten.model import Setting
from batten.technologies.edges.nginx.blocks import refuses
from batten.technologies.edges.nginx.includes import places, prefix_of
from batten.technologies.edges.nginx.tls.listeners import address_of, names_of, over_tls
from batten.technologies.edges.nginx.tree import Tree, inherited, varies
from batten.technologies.edges.nginx.versions import HOME
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.containers.ports import Evidence, behind
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.upstreams import is_loopback


def certificates(tree: Tree, workspace: Workspace) -> Iterator[Certificate]:
    for server in (*tree.servers, *tree.streams):
        written = inherited(server, "ssl_certificate") or []
        if not over_tls(server) or refuses(server) or len(written) != 1:
            continue  # two are of two key types, and a client gets one of them
        path = written[0].value
        if varies(path) or path.startswith(("data:", "store:", "engine:")):
            continue
        main = tree.files[0]
        here = (*places(path, prefix_of(main)), *candidates(path, main, workspace, HOME))
        # None when a pattern may stand for others.
        names = names_of(server)
        found = certificate_at(
            here,
            ()
            if any(n.startswith(("*", "~", ".")) or n.endswith("*") or varies(n) for n in names)
            else names,
            written[0].place(),
            workspace,
        )
        if found is not None:
            yield found


def ports(tree: Tree) -> Iterator[PublishedPort]:
    """What a stream server opens: it hands on the store behind it, unless rules keep strangers out."""
    for server in tree.streams:
        if any(inherited(server, n) != [] for n in ("allow", "deny", "ssl_verify_client")):
            continue
        for listen in server.all("listen"):
            address, port = address_of(listen.value)
            if isinstance(address, str) and isinstance(port, int) and not is_loopback(address):
                yield from _port(listen, address, port, tuple(i.value for i in server.all("proxy_pass")))


def _port(listen: Item, address: str, port: int, targets: tuple[str, ...]) -> Iterator[PublishedPort]:
    found = behind(port, Evidence(names=targets))
    if not found.what:
        return
    at = listen.place()
    protocol = "udp" if "udp" in listen.values else "tcp"
    yield PublishedPort(
        at,
        service="nginx",
        host_address=Setting(address, at),
        host_port=Setting(port, at),
        container_port=port,
        protocol=protocol,
        admin=found.what,
        guessed=found.guessed,
    )

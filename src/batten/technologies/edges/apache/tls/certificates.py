"""Certificate files that lie in the reviewed tree."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Certificate
from batten.formats import Workspace
from batten.technologies.edges.apache.includes import places
from batten.technologies.edges.apache.sections import names_of, refuses
from batten.technologies.edges.apache.tls.listeners import over_tls
from batten.technologies.edges.apache.tree import Tree, varies
from batten.technologies.edges.apache.versions import HOMES
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.transport.certificates import certificate_at


def certificates(tree: Tree, workspace: Workspace) -> Iterator[Certificate]:
    for server in tree.servers:
        written = server.all("sslcertificatefile")
        if len(written) != 1 or not over_tls(tree, server) or refuses(server):
            continue  # two are of two key types, and a client gets one of them
        path, main = written[0].value, tree.files[0]
        if not path or varies(path) or path.startswith("pkcs11:"):
            continue
        folder = main.rpartition("/")[0]
        here = [
            *places(path, folder),
            *(c for home in HOMES for c in candidates(path, main, workspace, home)),
        ]
        names = tuple(names_of(server))
        exact = () if any("*" in n or "?" in n or varies(n) for n in names) else names
        found = certificate_at(here, exact, written[0].place(), workspace)
        if found is not None:
            yield found

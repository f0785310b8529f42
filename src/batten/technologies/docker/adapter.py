"""Docker's daemon.json: facts out, remedies in.

Source: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
"""

from __future__ import annotations

import json as stdlib
from collections.abc import Iterator

from batten.facts import Daemon, Fact
from batten.formats import Mapping, Scalar, Sequence, SyntaxProblem, Workspace, json
from batten.formats.document import Uneditable
from batten.formats.json_edits import set_value
from batten.model import Fix, Kind, Location, Problem, Remedy, RequireAuth, Safety, Setting
from batten.technologies import Unit

_LOCAL = ("tcp://127.", "tcp://localhost", "tcp://[::1]")
_SOCKET = "unix:///var/run/docker.sock"


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    document = workspace.document(unit.main, json.parse)
    root = document.tree
    if not isinstance(root, Mapping):
        raise SyntaxProblem("daemon.json must be one object", root.span.start, "start it with `{`")
    at = Location(unit.main, "daemon", root.span, kind=Kind.BLOCK)
    for host in _hosts(root):
        place = Location(unit.main, f"hosts[{host.text}]", host.span)
        yield Daemon(at, "docker", {"hosts": Setting(_kind(host.text, _verifies(root)), place)})


def _hosts(root: Mapping) -> list[Scalar]:
    hosts = root.sequence("hosts")
    return [item for item in hosts or () if isinstance(item, Scalar)]


def _verifies(root: Mapping) -> bool:
    return root.text("tlsverify") == "true"


def _kind(host: str, verified: bool) -> str:
    """How an address of the API is guarded: sockets by the file system, TCP by client certificates."""
    if not host.startswith("tcp:") or verified:
        return "closed"
    return "plain-local" if host.startswith(_LOCAL) else "plain"


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The API on its socket only. Certificates for the rest are a person's to make."""
    if not isinstance(remedy, RequireAuth):
        return None
    return workspace.kept(("docker", at.source), lambda: _socket_only(at.source, workspace))


def _socket_only(file: str, workspace: Workspace) -> Fix | None:
    document = workspace.document(file, json.parse)
    root = document.tree
    if not isinstance(root, Mapping):
        return None
    hosts = root["hosts"]
    kept = [h.text for h in _hosts(root) if _kind(h.text, False) == "closed"] or [_SOCKET]
    if not isinstance(hosts, Sequence):
        return None
    try:
        edits = set_value(document.source, root, ("hosts",), stdlib.dumps(kept))
    except Uneditable:
        return None
    if not edits:
        return None
    breaks = "clients that use this engine over TCP: use ssh://, or set tlsverify with your own certificates"
    return Fix("serve the API on its Unix socket only", tuple(edits), safety=Safety.RISKY, breaks=breaks)

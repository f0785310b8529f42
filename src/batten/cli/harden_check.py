"""`batten harden --check`: whether a written deployment is still what its inputs make."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath
from typing import NoReturn

import msgspec

from batten.cli.harden_inputs import inputs_from
from batten.cli.output import say, stop, tell
from batten.cli.place import place
from batten.engine.discover import paths
from batten.engine.hardening import lock
from batten.engine.hardening.drift import drifts, is_clone
from batten.engine.hardening.inputs import recorded
from batten.engine.hardening.rendering import rendered
from batten.engine.outcome import ExitCode
from batten.files.named import checkout_of
from batten.formats import Unreadable, Workspace
from batten.harden import HardenProblem
from batten.harden.targets import WITHOUT_CONTRACT
from batten.reports.words import plural

EVERYWHERE = ""  # no folder is named
MOST = 200  # lock files


def check(named: str, contract: Path | None) -> NoReturn:
    """Print each drift of the deployment in a folder, or of all in this checkout, and exit with 1 where there is one.
    Raises HardenProblem."""
    if named != EVERYWHERE:
        sys.exit(ExitCode.FINDINGS if _drifted(Path(named), contract) else ExitCode.CLEAN)
    if contract is not None:
        stop("--contract belongs to one deployment; pass --check DIR")
    # The folders of this checkout that have a lock file, except those that batten.yaml ignores.
    root, _, policy = place(())
    top = checkout_of(Path.cwd())
    listing = paths(Workspace(top), ignore=policy.ignore if top == root else ())
    for problem in listing.problems:
        tell(f"batten: {problem.source}: {problem.message}; {problem.hint}")
    found = [top / path for path in listing.paths if PurePosixPath(path).name == lock.NAME]
    if not found:
        stop(f"there is no {lock.NAME} below {top}; name the folder of a deployment: --check DIR")
    if len(found) > MOST:
        stop(f"there are more than {MOST} deployments below {top}; name one: --check DIR")
    sys.exit(_all([Path(os.path.relpath(path.parent)) for path in found]))


def _all(folders: list[Path]) -> ExitCode:
    """Each is checked, whatever comes of the others."""
    drifted, failed = 0, 0
    for folder in folders:
        try:
            drifted += _drifted(folder, None)
        except HardenProblem as error:
            failed += 1
            tell(f"batten: {folder}: {error}")
        except SystemExit:  # it was said why
            failed += 1
    say(f"{plural(len(folders), 'deployment')}: {drifted} drifted, {failed} not compared")
    return ExitCode.FINDINGS if drifted else ExitCode.INCOMPLETE if failed else ExitCode.CLEAN


def _drifted(folder: Path, contract: Path | None) -> bool:
    """Whether there is a difference; each is printed. Raises HardenProblem."""
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
        raise HardenProblem(f"{error.path}: {error}; {error.hint}") from error
    for drift in found:
        say(f"{folder}: {drift}")
    if kept.secrets and is_clone(workspace.root):
        missing = [path for path in kept.secrets if not workspace.files.exists(path)]
        if len(missing) == len(kept.secrets):
            tell(f"batten: the secrets of {folder} are not in this clone, so they were not looked at")
    if found:
        say(
            f"{folder}: {plural(len(found), 'difference')}; run `batten harden {kept.asked.target}` again, or restore the files"
        )
        return True
    say(f"{folder}: as written, {plural(len(kept.files), 'file')}")
    return False

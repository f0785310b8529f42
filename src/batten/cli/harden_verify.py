"""`batten harden --verify FILE`: whether the report of a proof is whole, and what it proves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from batten.cli.output import say, stop
from batten.engine.hardening.lock import digest
from batten.engine.hardening.proof import Proof
from batten.engine.hardening.proof_report import LARGEST, verified
from batten.engine.outcome import ExitCode
from batten.files import Refused
from batten.files.named import read_named
from batten.formats import Unreadable, Workspace


def verify(report: Path, folder: Path | None) -> NoReturn:
    """Say where the chain of seals is broken, or that it is whole, and whether the files in `folder` are those that were
    proved. Exits with 1 for what is broken or differs, else with the proof's own code. Raises HardenProblem."""
    try:
        data = read_named(report)
    except Refused as error:
        stop(f"{report}: {error}; {error.hint}")
    except OSError as error:
        stop(f"{report} cannot be read: {error.strerror}; name the JSON report of a proof")
    if len(data) > LARGEST:
        stop(f"{report} has more than {LARGEST:,} bytes; name the JSON report of a proof")
    found = verified(data)
    if found.broken:
        say(f"{report}: broken {found.broken}")
        sys.exit(ExitCode.FINDINGS)
    for line in _told(found.proof):
        say(line)
    differing = [] if folder is None else _differing(found.proof, folder)
    for line in differing:
        say(line)
    say(f"{report}: whole, {len(found.proof.steps)} steps, seal: {found.proof.seal}")
    sys.exit(ExitCode.FINDINGS if differing else found.proof.exit_code)


def _told(proof: Proof) -> list[str]:
    """What it proves, a line a step; what was seen stands in the report."""
    steps = [f"  {taken.step.value}: {taken.verdict.value}" for taken in proof.steps]
    return [f"proof of {proof.target}, batten {proof.batten}", *steps]


def _differing(proof: Proof, folder: Path) -> list[str]:
    """Files that are not as they were when they were proved."""
    workspace = Workspace(folder)
    lines = []
    for path, sealed in sorted(proof.files.items()):
        try:
            same = digest(workspace.data(path)) == sealed
        except Unreadable as error:
            lines.append(f"{folder / path}: {error}")
            continue
        if not same:
            lines.append(f"{folder / path} is not the file that was proved")
    return lines

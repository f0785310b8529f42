"""The verdict of `cfn-lint`, which knows CloudFormation's resource specifications and needs no network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit

SECONDS = 60
# A template that is not deployed from here may name files, versions and zones that this machine cannot see.
_NOT_OURS = ("W", "I", "E3031", "E2531", "E2533")


def cfn_lint() -> str:
    """Where cfn-lint is installed here; "" when it is not."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("cfn-lint") or shutil.which("cfn-lint", path=beside) or ""


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """Its first error about the template, when cfn-lint is installed (False: it is not)."""
    program = cfn_lint()
    if not program:
        return False
    command = [program, "--format", "json", "--ignore-checks", *_NOT_OURS]
    text = workspace.text(unit.main).text
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        found = json.loads(done.stdout or "null")
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return False
    if not isinstance(found, list):
        return False
    errors = [e for e in found if isinstance(e, dict) and e.get("Level") == "Error"]
    return _problem(unit.main, errors[0]) if errors else True


def _problem(path: str, error: dict[str, object]) -> Problem:
    location = error.get("Location")
    start = location.get("Start") if isinstance(location, dict) else None
    line = start.get("LineNumber") if isinstance(start, dict) else 0
    message = f"cfn-lint: {error.get('Message', 'failed')}"
    return Problem(
        path, "fix", message, "run cfn-lint by hand to see all it says", line if isinstance(line, int) else 0
    )

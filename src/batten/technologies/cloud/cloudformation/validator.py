"""The verdict of `cfn-lint`, which knows CloudFormation's resource specifications and needs no network."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from batten.cell import MIB, Bounds, NotAsked, Order
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.cell.scripts import is_python
from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit, Verdict

BOUNDS = Bounds(seconds=60.0, processor=60, memory=2048 * MIB)
# A template's metadata may name rules in Python, and other specifications, for cfn-lint to load.
_LOADING = re.compile(
    r"\b(append_rules|custom_rules|override_spec|registry_schemas|templates)\b(?=[\"']?\s*:)"
)
# A template that is not deployed from here may name files, versions and zones that this machine cannot see.
_NOT_OURS = ("W", "I", "E3031", "E2531", "E2533")


def cfn_lint() -> str:
    """Where cfn-lint is installed here; "" when it is not. A version manager's script starts it only outside of cells,
    so what stands beside our own interpreter comes first."""
    beside = Path(sys.executable).with_name("cfn-lint")
    found = beside if is_python(beside) else installed("cfn-lint")
    return str(found or "")


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """Its first error about the template, when cfn-lint is installed (False: it is not)."""
    program = cfn_lint()
    if not program:
        return False
    arguments = ("--format", "json", "--ignore-checks", *_NOT_OURS)
    text = _LOADING.sub(lambda m: "x" * len(m[1]), workspace.text(unit.main).text)
    answer = run(Order(Path(program), arguments, given=text.encode("utf-8", "replace"), bounds=BOUNDS))
    if isinstance(answer, NotAsked):
        return answer
    try:
        found = json.loads(answer.output or "[]" if answer.code == 0 else answer.output)
    except ValueError:
        found = None
    if not isinstance(found, list):
        return NotAsked("cfn-lint", f"it exited with code {answer.code} without a list of errors")
    errors = [e for e in found if isinstance(e, dict) and e.get("Level") == "Error"]
    if errors:
        error = errors[0]
        location = error.get("Location")
        start = location.get("Start") if isinstance(location, dict) else None
        line = start.get("LineNumber") if isinstance(start, dict) else 0
        message = f"cfn-lint: {error.get('Message', 'failed')}"
        return Problem(
            unit.main,
            "fix",
            message,
            hint="run cfn-lint by hand to see its whole output",
            line=line if isinstance(line, int) else 0,
        )
    return True

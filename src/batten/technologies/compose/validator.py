"""The vendor's own opinion: `docker compose config`."""

from __future__ import annotations

import posixpath
import shutil
import subprocess
import tempfile
from pathlib import Path

from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """What `docker compose config` has against the files, when Docker is installed (False: it is not)."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / f"{number}.yaml" for number, _ in enumerate(unit.files)]
        for file, copy in zip(unit.files, copies, strict=True):
            copy.write_text(workspace.text(file).text, "utf-8")
        beside = str(workspace.root / posixpath.dirname(unit.main))
        options = [word for copy in copies for word in ("-f", str(copy))]
        command = [
            docker,
            "compose",
            "--project-directory",
            beside,
            *options,
            "config",
            "-q",
            "--no-interpolate",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    if "is not a docker command" in done.stderr:
        return False
    if done.returncode == 0:
        return True
    lines = done.stderr.strip().splitlines()
    message = f"docker compose config: {lines[-1] if lines else 'failed'}"
    return Problem(unit.main, "fix", message, "run it by hand to see all it says")

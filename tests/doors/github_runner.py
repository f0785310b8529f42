"""As much of GitHub's runner as a composite action needs: inputs, expressions that name them or a step's outputs, and its files."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(
    r"\$\{\{\s*(?:inputs\.(?P<input>[\w-]+)|steps\.(?P<step>\w+)\.outputs\.(?P<output>[\w-]+))\s*\}\}"
)


@dataclass
class Runner:
    """One job: the workspace, the action's folder, and what steps said so far."""

    action: Path
    workspace: Path
    temporary: Path
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[tuple[str, str], str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.declared = yaml.safe_load((self.action / "action.yml").read_text())
        unknown = self.inputs.keys() - self.declared["inputs"].keys()
        assert not unknown, f"no input is called {unknown}"
        self.inputs = {n: i["default"] for n, i in self.declared["inputs"].items()} | self.inputs
        for folder in (self.workspace, self.temporary):
            folder.mkdir(exist_ok=True)

    def steps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.declared["runs"]["steps"]
        return found

    def valued(self, text: str) -> str:
        """The text with its expressions replaced; others than the two kinds above fail."""
        assert text.count("${{") == len(_EXPRESSION.findall(text)), text
        return _EXPRESSION.sub(
            lambda m: (
                self.inputs[m["input"]] if m["input"] else self.outputs.get((m["step"], m["output"]), "")
            ),
            text,
        )

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """One `run:` step, as `shell: bash` runs it; its outputs are kept."""
        (step,) = [s for s in self.steps() if s["name"] == name]
        assert step["shell"] == "bash"
        script, said, self.summary = (self.temporary / n for n in ("step.sh", "outputs", "summary.md"))
        script.write_text(step["run"])
        said.write_text("")
        self.summary.write_text("")
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.temporary),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(said),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **self.more,
            **{n: self.valued(v) for n, v in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(
            command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False
        )
        if "id" in step:
            rows = (line.split("=", 1) for line in said.read_text().splitlines())
            self.outputs |= {(step["id"], key): value for key, value in rows}
        return done

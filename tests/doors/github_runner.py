"""As much of GitHub's runner as a composite action needs: inputs, expressions that name them or a step's outputs, and its files."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(
    r"\$\{\{\s*(?:inputs\.(?P<input>[\w-]+)|steps\.(?P<step>\w+)\.outputs\.(?P<output>[\w-]+))\s*\}\}"
)

_COMMANDS = (
    *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "internal-set-repo-path"),
    *("notice", "remove-matcher", "save-state", "set-env", "set-output", "warning"),
)  # fmt: skip


def followed(log: str) -> list[str]:
    """The commands in a log that the runner would follow, by name
    (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs, ../Runner.Worker/ActionCommandManager.cs)."""
    found: list[str] = []
    stopped = ""
    for line in log.splitlines():
        head = re.match(r"::([^\s:]+)(?: .*?)?::(.*)", line.lstrip())
        marked = re.search(r"##\[([^\s\]]+)[^\]]*\](.*)", line)
        name, data = match.groups() if (match := head or marked) else ("", "")
        if stopped:
            stopped = "" if name == stopped else stopped
        elif name.lower() == "stop-commands":
            stopped = data
        elif name.lower() in _COMMANDS:
            found.append(name.lower())
    return [*found, *(["a step that ends with commands stopped"] if stopped else [])]


def virtual(folder: Path) -> Path:
    """A virtual environment whose interpreter finds the batten that is under test, isolated, too."""
    venv.create(folder, symlinks=True, with_pip=False)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = [p for p in sys.path if p and Path(p).is_dir() and p.endswith(("site-packages", "/src"))]
    (folder / "lib" / version / "site-packages" / "under-test.pth").write_text("\n".join([*places, ""]))
    return folder / "bin/python"


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
        """One `run:` step, as the runner runs it; its outputs are kept."""
        command, environment = self.prepared(name)
        done = subprocess.run(
            command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False
        )
        self.ended(name)
        return done

    def prepared(self, name: str) -> tuple[list[str], dict[str, str]]:
        """The command of a `run:` step and its environment: what the job has, then what the runner and the step say
        (https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs)."""
        step = self.step(name)
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
        shell = "bash --noprofile --norc -eo pipefail {0}" if step["shell"] == "bash" else step["shell"]
        assert shell.count("{0}") == 1
        return [word.replace("{0}", str(script)) for word in shlex.split(shell)], environment

    def ended(self, name: str) -> None:
        """Keep the outputs of a step that ran."""
        step = self.step(name)
        if "id" in step:
            rows = (line.split("=", 1) for line in (self.temporary / "outputs").read_text().splitlines())
            self.outputs |= {(step["id"], key): value for key, value in rows}

    def step(self, name: str) -> dict[str, Any]:
        (found,) = [s for s in self.steps() if s["name"] == name]
        return found

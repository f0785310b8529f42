"""A repository with a base on the branch `main`, and a change of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BARE = """\
services:
  api:
    image: registry.example.com/api@sha256:0000000000000000000000000000000000000000000000000000000000000000
    read_only: true
    user: "10001"
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 256m
    pids_limit: 100
    cpus: 1
"""
SOCKET = BARE + "    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n"
HIDDEN = (
    SOCKET.rstrip("\n") + "  # batten: ignore[container-mounts-safe] the agent needs it until 2099-12-31\n"
)
WHO = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Told:
    """What a run said: its exit code, its JSON report ({} where it wrote none), and what it wrote to stderr."""

    code: int
    report: dict[str, Any]
    error: str

    @property
    def verdict(self) -> str:
        return str(self.report["summary"]["verdict"])

    @property
    def lowered(self) -> list[str]:
        """`control-lowered container-mounts-safe: critical → info`, one a row."""
        rows = self.report["lowered"]
        return [f"{one['kind']} {one['subject']}: {one['before']} → {one['after']}" for one in rows]

    @property
    def controls(self) -> list[str]:
        """The controls of the findings that make the run fail, in the report's order."""
        return [one["control"] for one in self.report["findings"] if one["fails"]]


class Checkout:
    """A work tree below a folder, with a home of its own beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.home = folder / "home"
        self.root.mkdir()
        self.home.mkdir()
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *words: str) -> str:
        environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", *WHO, *words]
        done = subprocess.run(
            command, cwd=self.root, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def put(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, branch: str = "") -> None:
        if branch:
            self.git("checkout", "-q", "-b", branch)
        self.git("add", "-A", "-f", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "A state")

    def run(self, *words: str, command: str = "review") -> Told:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }
        arguments = [sys.executable, "-m", "batten", command, "--format", "json", *words]
        done = subprocess.run(
            arguments, cwd=self.root, env=environment, capture_output=True, text=True, timeout=120
        )
        return Told(done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr)


def changed(
    folder: Path, base: dict[str, str], change: dict[str, str], gone: tuple[str, ...] = ()
) -> Checkout:
    """A checkout whose branch `main` holds the base, and whose work tree is the committed change."""
    made = Checkout(folder)
    made.put(base)
    made.commit()
    for name in gone:
        (made.root / name).unlink()
    made.put(change)
    made.commit("change")
    return made

""".pre-commit-hooks.yaml, run by pre-commit: with the batten that is under test, and (`make proof`) with one that pre-commit installs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from needs import PACKAGES, needs, program, where
from proofs import PROOF

ROOT = Path(__file__).parents[2]
HOOKS = ".pre-commit-hooks.yaml"
NAME = "pre-commit"
pytestmark = needs(NAME, where(NAME), PACKAGES)
QUIET = "services:\n  cache:\n    image: redis:8.2.1\n    privileged: true\n    networks: [inner]\nnetworks:\n  inner:\n    internal: true\n"
OPEN = QUIET.replace("    networks", '    ports: ["6379:6379"]\n    networks')


def environment(home: Path) -> dict[str, str]:
    """Git and pre-commit without anything of this user's, and the batten of this interpreter."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    mine = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = {
        f"GIT_{w}_{k}": v
        for w in ("AUTHOR", "COMMITTER")
        for k, v in (("NAME", "t"), ("EMAIL", "t@example.com"))
    }
    apart = {"GIT_CONFIG_GLOBAL": "/dev/null", "PRE_COMMIT_HOME": str(home), "HOME": str(home)}
    return mine | who | apart | {"PATH": path, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def git(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    made = environment(folder.parent / "home")
    return subprocess.run(
        ["git", *words], cwd=folder, env=made, check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository that holds batten's hooks and nothing else."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    shutil.copy(ROOT / HOOKS, folder)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Hooks")
    return folder


@pytest.fixture
def stack(tmp_path: Path, hooks: Path) -> Path:
    """A repository whose commits run `batten-review`, and whose pushes would run `batten-review-all`."""
    folder = tmp_path / "stack"
    folder.mkdir()
    chosen = [
        {"id": i, "language": "system", "stages": [s]}
        for i, s in (("batten-review", NAME), ("batten-review-all", "manual"))
    ]
    revision = git(hooks, "rev-parse", "HEAD").stdout.strip()
    configuration = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": chosen}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration))
    (folder / "compose.yaml").write_text(QUIET)
    git(folder, "init", "-q")
    command = [program(NAME), "install"]
    subprocess.run(command, cwd=folder, env=environment(tmp_path / "home"), check=True, capture_output=True)
    return folder


def commit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return git(folder, "commit", "-m", "Change", *words, check=False)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [program(NAME), *words]
    return subprocess.run(
        command, cwd=folder, env=environment(folder.parent / "home"), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_the_hooks_are_what_pre_commit_takes() -> None:
    done = subprocess.run(
        [program(NAME), "validate-manifest", str(ROOT / HOOKS)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert [h["id"] for h in yaml.safe_load((ROOT / HOOKS).read_text())] == [
        "batten-review",
        "batten-review-all",
    ]


def test_a_commit_is_held_up_by_what_it_makes_worse_only(stack: Path) -> None:
    git(stack, "add", ".")
    first = commit(stack)  # before there is a HEAD, all is new
    assert first.returncode == 1 and "0 findings stood before" in first.stdout
    assert commit(stack, "--no-verify").returncode == 0
    (stack / "README.md").write_text("Words.\n")
    git(stack, "add", ".")
    done = commit(stack)
    assert done.returncode == 0 and "Passed" in done.stdout
    (stack / "compose.yaml").write_text(OPEN)
    refused = commit(stack, "--all")
    assert refused.returncode == 1 and "6379" in refused.stdout
    partly = commit(stack, "--", "compose.yaml")  # git has another index then
    assert partly.returncode == 1 and "6379" in partly.stdout
    assert commit(stack, "--all", "--no-verify").returncode == 0
    (stack / "README.md").write_text("Other words.\n")
    assert commit(stack, "--all").returncode == 0


def test_what_is_not_staged_does_not_count(stack: Path) -> None:
    git(stack, "add", ".")
    commit(stack, "--no-verify")
    (stack / "README.md").write_text("Words.\n")
    git(stack, "add", "README.md")
    (stack / "compose.yaml").write_text(OPEN)
    done = commit(stack)
    assert done.returncode == 0, done.stdout
    assert (stack / "compose.yaml").read_text() == OPEN


def test_all_files_are_reviewed_on_demand(stack: Path) -> None:
    (stack / "compose.yaml").write_text(OPEN)
    git(stack, "add", ".")
    commit(stack, "--no-verify")
    done = run(stack, "run", "--hook-stage", "manual", "batten-review-all")
    assert done.returncode == 1 and "6379" in done.stdout
    assert run(stack, "run", "batten-review", "--all-files").returncode == 0


@pytest.mark.skipif(
    not PROOF, reason="a slow proof, which installs batten from its repository and a package index"
)
def test_pre_commit_installs_and_runs_it(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "compose.yaml").write_text(OPEN)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    made = {k: v for k, v in environment(tmp_path / "home").items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [program(NAME), "try-repo", str(ROOT), "batten-review"],
        cwd=folder,
        env=made,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "6379" in done.stdout, done.stdout + done.stderr

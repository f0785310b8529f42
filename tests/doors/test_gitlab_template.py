"""ci/gitlab/batten.gitlab-ci.yml: its script in a repository, with the variables that GitLab's runner sets."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from github_runner import virtual

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "ci/gitlab/batten.gitlab-ci.yml"
INTERPRETER = "/opt/batten/bin/python"  # of the image
REPORT = "gl-code-quality-report.json"
QUIET = "services:\n  cache:\n    image: redis:8.2.1\n    privileged: true\n"
OPEN = QUIET + '    ports: ["6379:6379"]\n'
RULES = {"merge request": 0, "default branch": 1}


def job() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text())["batten"]
    return found


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A repository with old findings."""
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "compose.yaml").write_text(QUIET)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Start")
    return folder


def run(folder: Path, rule: str, **given: str) -> subprocess.CompletedProcess[str]:
    """The lines of the script in one shell, as the runner has them, with the rule's variables."""
    known = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": git(folder, "rev-parse", "HEAD")}
    of_rule = job()["rules"][RULES[rule]].get("variables", {})
    expanded = {name: known[value.removeprefix("$")] for name, value in of_rule.items()}
    python = folder.parent / "venv/bin/python"
    if not python.exists():
        virtual(python.parents[1])
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        **job()["variables"],
        **expanded,
        **given,
    }
    script = "\n".join(["set -e", *job()["script"]]).replace(INTERPRETER, str(python))
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def reported(folder: Path) -> int:
    issues = json.loads((folder / REPORT).read_text())
    return len([issue for issue in issues if issue["check_name"] not in ("not-read", "assessment", "policy")])


def test_a_merge_request_fails_for_what_it_makes_worse_and_its_report_holds_all(stack: Path) -> None:
    (stack / "README.md").write_text("Words.\n")
    done = run(stack, "merge request")
    assert done.returncode == 0 and "stood before" in done.stdout, done.stdout + done.stderr
    assert reported(stack) > 0
    (stack / "compose.yaml").write_text(OPEN)
    assert run(stack, "merge request").returncode == 1


def test_the_default_branch_fails_for_all_at_or_above_the_gate(stack: Path) -> None:
    assert run(stack, "default branch").returncode == 1
    assert run(stack, "default branch", BATTEN_GATE="critical").returncode == 0
    assert reported(stack) > 0


def test_nothing_assessed_is_no_pass(stack: Path) -> None:
    (stack / "empty").mkdir()
    assert run(stack, "default branch", BATTEN_PATH="empty").returncode == 3


@pytest.mark.parametrize("name", ["BATTEN_PATH", "BATTEN_GATE", "BATTEN_SINCE"])
@pytest.mark.parametrize("value", ['"; touch pwned; "$(touch pwned)', "--output=pwned"])
def test_variables_are_words_never_commands(name: str, value: str, stack: Path) -> None:
    assert run(stack, "default branch", **{name: value}).returncode == 2
    assert not (stack / "pwned").exists()


def test_the_report_is_kept_when_the_job_fails_and_history_is_whole() -> None:
    declared = job()
    assert declared["artifacts"] == {"when": "always", "reports": {"codequality": REPORT}}
    assert declared["variables"]["GIT_DEPTH"] == "0"
    assert declared["image"] == {"name": "$BATTEN_IMAGE", "entrypoint": [""]}


def test_nothing_of_other_jobs_runs_beside_it() -> None:
    declared = job()
    assert declared["before_script"] == declared["after_script"] == []
    assert not {"before_script", "after_script", "services", "cache", "hooks", "image"} & {
        *declared["inherit"]["default"]
    }

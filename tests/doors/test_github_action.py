"""action.yml: what it declares, and what its scripts do in a double of GitHub's runner."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from github_runner import Runner, followed, virtual
from hostile_surroundings import differences, snapshot
from planted import environment, plant

from needs import PACKAGES, needs, program, where
from proofs import PROOF

ROOT = Path(__file__).parents[2]
FORMS = ("bug.yml", "false-positive.yml", "missed.yml")
OPEN = 'services:\n  cache:\n    image: redis:8.2.1\n    ports: ["6379:6379"]\n'
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOSTILE = (
    '"; touch pwned; "',
    "$(touch pwned)",
    "`touch pwned`",
    "--output=pwned",
    "a\n::set-output name=x::y",
)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-actions", "action.yml"),
        ("gitlab-ci", "ci/gitlab/batten.gitlab-ci.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        *(("github-issue-forms", f".github/ISSUE_TEMPLATE/{name}") for name in FORMS),
    ],
)
@needs("check-jsonschema", where("check-jsonschema"), PACKAGES)
def test_each_file_is_valid_by_its_published_schema(schema: str, path: str) -> None:
    command = [program("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(ROOT / path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_issue_form_asks_for_the_version() -> None:
    for name in FORMS:
        body = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / name).read_text())["body"]
        assert body[-1]["id"] == "version" and body[-1]["validations"] == {"required": True}


def test_other_actions_are_pinned_to_a_commit_and_no_script_holds_an_expression() -> None:
    for step in ACTION["runs"]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
        else:
            assert "${{" not in step["run"]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A job whose batten is the one under test."""
    return job(tmp_path)


def job(folder: Path, **inputs: str) -> Runner:
    made = Runner(ROOT, folder / "work", folder / "temp", {k.replace("_", "-"): v for k, v in inputs.items()})
    virtual(made.temporary / "batten/venv")
    (made.workspace / "compose.yaml").write_text(OPEN)
    return made


def test_a_run_has_annotations_a_summary_sarif_and_a_verdict(runner: Runner) -> None:
    done = runner.run("Review")
    assert done.returncode == 0 and "::error file=compose.yaml" in done.stdout
    assert "compose.yaml" in runner.summary.read_text()
    report = json.loads(Path(runner.outputs["review", "sarif"]).read_text())
    assert report["runs"][0]["results"]
    assert runner.outputs["review", "exit-code"] == "1"
    assert runner.run("Verdict").returncode == 1


def test_the_gate_the_format_and_sarif_are_chosen(tmp_path: Path) -> None:
    chosen = job(tmp_path, gate="critical", format="concise", upload_sarif="false", path="compose.yaml")
    (chosen.workspace / "compose.yaml").write_text(OPEN.replace('    ports: ["6379:6379"]\n', ""))
    done = chosen.run("Review")
    assert not followed(done.stdout) and "compose.yaml:" in done.stdout
    assert chosen.outputs == {("review", "exit-code"): "0"}
    assert chosen.run("Verdict").returncode == 0


def test_a_change_fails_for_what_it_makes_worse_and_sarif_holds_all(tmp_path: Path) -> None:
    chosen = job(tmp_path, changed_since="HEAD")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Start"]):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=chosen.workspace, check=True, capture_output=True)
    (chosen.workspace / "README.md").write_text("Words.\n")
    assert "::error" not in chosen.run("Review").stdout
    assert chosen.outputs["review", "exit-code"] == "0"
    report = json.loads(Path(chosen.outputs["review", "sarif"]).read_text())
    assert report["runs"][0]["results"]


def test_what_cannot_be_reviewed_is_no_pass(tmp_path: Path) -> None:
    chosen = job(tmp_path, path="nowhere")
    chosen.run("Review")
    assert chosen.outputs == {("review", "exit-code"): "2"}
    assert chosen.run("Verdict").returncode == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((n, v) for n in ("path", "changed_since") for v in HOSTILE),
        ("gate", HOSTILE[0]),
        ("format", HOSTILE[1]),
    ],
)
def test_inputs_are_words_never_commands(name: str, value: str, tmp_path: Path) -> None:
    chosen = job(tmp_path, upload_sarif="false", **{name: value})
    done = chosen.run("Review")
    assert not (chosen.workspace / "pwned").exists()
    assert chosen.outputs["review", "exit-code"] == "2", done.stdout + done.stderr


def test_wheels_are_kept_by_platform_python_and_pins(runner: Runner) -> None:
    runner.inputs["python"] = sys.executable
    assert runner.run("Choose wheels").returncode == 0
    assert re.fullmatch(r"batten-[\w.-]+-3-\d+-[0-9a-f]{64}", runner.outputs["wheels", "key"])
    pins = (runner.temporary / "batten/pins.txt").read_text()
    assert "hatchling==" in pins and "fastapi==" not in pins and "== example" not in pins


@pytest.mark.parametrize("kept", ["true", "false", ""])
def test_wheels_come_from_the_index_once_and_are_held_against_hashes(kept: str, runner: Runner) -> None:
    seen = runner.temporary / "seen"
    double = runner.temporary / "batten/venv/bin/python"
    double.unlink()
    double.write_text(f'#!/bin/sh\necho "$@" >>"{seen}"\n')
    double.chmod(0o755)
    runner.outputs |= {("wheels", "folder"): "/wheels", ("kept", "cache-hit"): kept}
    assert runner.run("Install batten").returncode == 0
    *downloaded, installed, itself = seen.read_text().splitlines()
    assert [" download " in d and "--require-hashes" in d for d in downloaded] == (
        [] if kept == "true" else [True]
    )
    assert "--no-index --find-links /wheels --require-hashes" in installed
    assert itself.endswith(f"--no-deps --no-build-isolation {ROOT}")


@pytest.mark.skipif(not PROOF, reason="a slow proof, which installs batten from a package index")
def test_the_whole_action_runs(tmp_path: Path) -> None:
    chosen = Runner(ROOT, tmp_path / "work", tmp_path / "temp", {"python": sys.executable})
    marks = tmp_path / "marks"
    plant(chosen.workspace, marks)
    chosen.more = environment(chosen.workspace) | {
        n: v for n, v in os.environ.items() if n.startswith("PIP_")
    }
    before = snapshot(chosen.workspace)
    for name in ("Choose wheels", "Install batten", "Review"):
        done = chosen.run(name)
        assert done.returncode == 0, done.stderr
    assert chosen.run("Verdict").returncode == 1
    chosen.outputs["kept", "cache-hit"] = "true"
    assert chosen.run("Install batten").returncode == 0
    assert not [p.name for p in marks.iterdir()] and differences(before, snapshot(chosen.workspace)) == []

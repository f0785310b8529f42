"""A name that does not exist is an error with the nearest one, wherever it is given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.policy.nearest import meant, nearest

CONTROL = "there is no control 'hsts-send'; did you mean `hsts-sent`?"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    return result.stderr


def apart(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, for controls of one's own are registered in it."""
    return subprocess.run(
        [sys.executable, "-m", "batten", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_nearest_come_first_and_case_is_ignored() -> None:
    assert nearest("Apache", ("nginx", "apache")) == ("apache",)
    assert meant("ngnix", ("nginx", "caddy"), "choose") == "did you mean `nginx`?"
    assert meant("iis", ("nginx", "caddy"), "choose one") == "choose one"
    assert meant("aab", ("aaa", "aac"), "") in (
        "did you mean `aaa` or `aac`?",
        "did you mean `aac` or `aaa`?",
    )


@pytest.mark.parametrize(
    "arguments",
    [("fix", "--control", "hsts-send"), ("explain", "hsts-send")],
)
def test_controls_of_flags(arguments: tuple[str, ...]) -> None:
    assert CONTROL in refused(*arguments)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("controls:\n  hsts-send: info\n", 2),
        ("controls:\n  hsts-send: {off: the edge sends it}\n", 2),
        ("waivers:\n  - reason: known\n    control: hsts-send\n", 3),
        ("answers:\n  hsts-send: a\n", 2),
        ("environments:\n  a: {url: 'https://a.example', differences: [hsts-send]}\n", 2),
    ],
)
@pytest.mark.parametrize("command", ["review", "check", "fix"])
def test_controls_of_the_policy(command: str, text: str, line: int, folder: Path) -> None:
    (folder / "batten.yaml").write_text(text)
    assert f"batten.yaml:{line}: {CONTROL}" in refused(command)


def test_controls_of_ones_own_exist(folder: Path) -> None:
    row = "{control: team-header, fact: ResponseHeaders, field: sent, key: x-team, must: present}"
    known = "controls:\n  banner-hidden: info\n  team-header: high\n  own-rule: low\n"
    (folder / "batten.yaml").write_text(f"custom: [{row}]\n{known}")
    own = "from batten.controls import control\nfrom batten.facts import Workload\nfrom batten.model import Severity\n\n\n"
    own += "@control('Own', Severity.LOW, 'V1')\ndef own_rule(part: Workload):\n    return ()\n"
    (folder / "own.py").write_text(own)
    assert "'own-rule'" in apart("review").stderr
    done = apart("review", "--controls", "own.py")
    assert "there is no control" not in done.stderr and done.returncode != 2


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("orgins: []", "did you mean `origins`?"),
        ("xyz: 1", "its keys are: version"),
        ("custom: [{control: a-b, fact: Responseheaders}]", "did you mean `ResponseHeaders`?"),
    ],
)
def test_keys_of_the_policy(text: str, hint: str, folder: Path) -> None:
    (folder / "batten.yaml").write_text(text + "\n")
    assert hint in refused("review")


def test_controls_of_a_history(folder: Path) -> None:
    assert CliRunner().invoke(main, ["check", "--no-probe"]).exit_code in (0, 3)
    assert CONTROL in refused("history", "--control", "hsts-send")
    assert CliRunner().invoke(main, ["history", "--control", "hsts-sent"]).exit_code == 0


def test_environments(folder: Path) -> None:
    (folder / "batten.yaml").write_text("environments: {staging: {url: 'https://a.example'}}\n")
    assert "did you mean `staging`?" in refused("check", "-e", "stagin")

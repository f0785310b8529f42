"""What commands end with where nothing, or not all that is required, was read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.reports import FORMATS
from days import judged_on

CLEAN = "services:\n  a:\n    image: example/a@sha256:" + "0" * 64 + "\n"


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp("own")))


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "index.js").write_text("console.log(1)\n")
    return tmp_path


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("command", ["review", "check"])
def test_nothing_assessed_is_no_pass(command: str, form: str, script: Path) -> None:
    code, out, _ = run(command, script, "--format", form, "--gate", "critical")
    assert code == 3
    assert "nothing was assessed" in out
    assert "✔" not in out and "✅" not in out


@pytest.mark.parametrize("command", ["review", "check"])
def test_an_empty_folder_is_no_pass(command: str, tmp_path: Path) -> None:
    assert run(command, tmp_path)[0] == 3


@judged_on("2026-12-01")
def test_machines_are_told_that_nothing_was_assessed(script: Path) -> None:
    root = ElementTree.fromstring(run("review", script, "--format", "junit")[1])
    assert root.attrib["errors"] == "1"
    (invocation,) = json.loads(run("review", script, "--format", "sarif")[1])["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False and invocation["exitCode"] == 3
    summary = json.loads(run("review", script, "--format", "json")[1])["summary"]
    assert (summary["exit_code"], summary["verdict"]) == (3, "nothing was assessed")


def test_a_path_of_which_nothing_is_recognised_is_no_pass(script: Path) -> None:
    (script / "compose.yaml").write_text(CLEAN)
    (script / "README.md").write_text("# a\n")
    code, out, _ = run("review", script / "README.md", "--gate", "critical")
    assert code == 3 and "no file in README.md" in " ".join(out.split())
    assert run("review", script, "--gate", "critical")[0] == 0


def test_what_the_policy_leaves_out_is_not_assessed(script: Path) -> None:
    (script / "compose.yaml").write_text(CLEAN)
    (script / "batten.yaml").write_text("version: 1\nignore: [compose.yaml]\n")
    code, out, _ = run("review", script, "--gate", "critical")
    assert code == 3 and "left out: compose.yaml" in " ".join(out.split())


def test_fix_says_that_nothing_was_assessed(script: Path) -> None:
    code, _, err = run("fix", script)
    assert code == 3 and "nothing was assessed" in err


def test_fix_says_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(CLEAN)
    (tmp_path / "squid.conf").write_text("http_access allow all\n")
    assert "1 file read · 1 that matters not read" in run("fix", tmp_path, "--diff")[1]


def test_fix_of_one_control_says_of_others_only_how_many_stay(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  app:\n    image: example/app:latest\n    privileged: true\n"
    )
    out = run("fix", tmp_path, "--diff", "--control", "image-pinned")[1]
    assert "left   image-pinned: " in out
    assert "container-unprivileged" not in out and "findings: not selected" in out


def test_what_matters_and_was_not_read_fails_with_strict_only(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(CLEAN)
    (tmp_path / "squid.conf").write_text("http_access allow all\n")
    code, out, _ = run("review", tmp_path, "--gate", "critical")
    assert code == 0 and "squid.conf  Squid configuration" in out
    code, out, _ = run("review", tmp_path, "--gate", "critical", "--strict")
    assert code == 3 and "squid.conf (discover): Squid configuration was not read" in out


def test_what_was_not_understood_is_listed_as_such(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  a: [\n")
    (tmp_path / "other.compose.yaml").write_text(CLEAN)
    out = run("review", tmp_path)[1]
    assert "1 file or part that matters was not read" in out
    assert "compose.yaml  Docker Compose, not understood" in out


def test_a_long_list_of_unread_files_is_counted(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(CLEAN)
    for number in range(12):
        (tmp_path / str(number)).mkdir()
        (tmp_path / f"{number}/squid.conf").write_text("http_access allow all\n")
    out = run("review", tmp_path)[1]
    assert out.count("Squid configuration") == 8 and "… and 4 more" in out
    assert run("review", tmp_path, "-v")[1].count("Squid configuration") == 12


def test_verbose_says_what_was_read_by_what(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(CLEAN)
    (tmp_path / "node_modules").mkdir()
    out = run("review", tmp_path, "--verbose")[1]
    assert "1 × compose (production)" in out and "1 × left out: node_modules/" in out


@pytest.mark.parametrize("command", ["review", "check"])
def test_a_required_technology_that_was_not_read_ends_with_3(command: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(CLEAN)
    assert run(command, tmp_path, "--gate", "critical", "--require", "compose")[0] == 0
    code, out, _ = run(command, tmp_path, "--gate", "info", "--require", "compose", "--require", "nginx")
    assert code == 3 and "no production file of nginx was read" in out


def test_a_technology_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    code, _, err = run("review", tmp_path, "--require", "ngnix")
    assert code == 2 and "did you mean `nginx`?" in err


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, "-C", str(root), *words], check=True, capture_output=True)


@pytest.mark.parametrize(("name", "expected"), [("compose.yaml", 0), ("index.js", 3)])
def test_no_change_is_a_pass_where_the_tree_was_read(name: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(CLEAN)
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "Start")):
        git(tmp_path, *words)
    assert run("review", tmp_path, "--changed-since", "HEAD")[0] == expected

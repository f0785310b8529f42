"""Where reports go, what the exit code says, and what happens where output cannot be written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from batten.cli import CUT, main
from batten.cli.wanted import Target, targets
from batten.files.root import Root

SHOWS = "server {\n    listen 127.0.0.1:80;\n    server_tokens on;\n}\n"
FORM, FILE = "forms", "outputs"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nginx.conf").write_text(SHOWS)
    return tmp_path


def ran(*arguments: str, code: int = 1) -> Result:
    result = CliRunner().invoke(main, ["review", *arguments])
    assert result.exit_code == code, result.output
    return result


def process(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "batten", *arguments], text=True, timeout=60, **more)


def test_one_format_and_one_file_belong_together_in_any_order() -> None:
    assert targets((), (), ()) == (Target("terminal", None),)
    assert targets(("json",), (Path("a"),), (FILE, FORM)) == (Target("json", Path("a")),)
    assert targets((), (Path("a"),), (FILE,)) == (Target("terminal", Path("a")),)


def test_each_file_belongs_to_the_format_before_it_and_stdout_is_last() -> None:
    both = targets(("terminal", "sarif"), (Path("x.sarif"),), (FORM, FORM, FILE))
    assert both == (Target("sarif", Path("x.sarif")), Target("terminal", None))
    files = targets(("json", "html"), (Path("a"), Path("b")), (FORM, FILE, FORM, FILE))
    assert files == (Target("json", Path("a")), Target("html", Path("b")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "json", "--format", "sarif"), "both write to stdout"),
        (("--output", "a", "--output", "b"), "a has no --format of its own"),
        (("--format", "json", "--output", "a", "--output", "b"), "b has no --format of its own"),
        (("--output", "a", "--format", "json", "--format", "html"), "a has no --format of its own"),
        (("--format", "json", "--output", "a", "--format", "html", "--output", "a"), "a is given twice"),
    ],
)
def test_other_pairs_are_refused(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    assert said in ran(*arguments, code=2).stderr
    assert not (folder / "a").exists()


def test_two_reports_of_one_run(folder: Path) -> None:
    shown = ran("--format", "concise", "--format", "json", "--output", "out/report.json").stdout
    report = json.loads((folder / "out/report.json").read_text())
    assert "nginx.conf:3:5: low banner-hidden" in shown and report["summary"]["exit_code"] == 1


def test_files_are_written_into_new_folders_of_a_checkout_too(folder: Path) -> None:
    (folder / ".git").mkdir()
    ran("--format", "json", "--output", "a/b/report.json")
    assert json.loads((folder / "a/b/report.json").read_text())["version"] == 1


def test_a_folder_that_is_a_link_out_of_the_checkout_is_not_written_into(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / ".git").mkdir()
    outside = tmp_path_factory.mktemp("outside")
    (folder / "a").symlink_to(outside)
    ran("--output", "a/b/report.json", code=2)
    assert list(outside.iterdir()) == []


def test_quiet_prints_findings_alone() -> None:
    for form in ("terminal", "concise", "github"):
        shown = ran("-q", "--format", form).stdout
        assert "banner-hidden" in shown and "at or above the gate" not in shown
    assert ran("-q", "--control", "hsts-sent", code=0).output == ""


def test_control_leaves_the_others_out() -> None:
    report = json.loads(
        ran("--control", "banner-hidden", "--control", "nosniff-sent", "--format", "json").stdout
    )
    assert {f["control"] for f in report["findings"]} == {"banner-hidden", "nosniff-sent"}
    ran("--control", "hsts-sent", code=0)
    ran("--control", "banner-hidden", "--gate", "high", code=0)


@pytest.mark.parametrize("option", [("--control", "hsts-sent"), ("--changed-since", "HEAD")])
def test_a_baseline_is_of_everything(option: tuple[str, str], folder: Path) -> None:
    said = ran("--write-baseline", "baseline.json", *option, code=2).stderr
    assert "records every finding" in said and not (folder / "baseline.json").exists()


def test_exit_zero_forgives_findings_and_nothing_else(folder: Path) -> None:
    assert "at or above the gate" in ran("--exit-zero", code=0).stdout
    ran("--exit-zero", "--format", "nonsense", code=2)
    (folder / "nginx.conf").write_text("server {\n    listen 127.0.0.1:80;\n")
    ran("--exit-zero", "--gate", "critical", code=3)


COMMANDS = (
    ("--help",),
    ("--version",),
    ("review",),
    ("review", "--help"),
    ("review", "--format", "html"),
    ("controls",),
    ("explain", "hsts-sent"),
    ("fix", "--diff"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_device_is_a_sentence(command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = process(*command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "batten: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_closed_pipe_ends_quietly(command: tuple[str, ...], closed_pipe: int) -> None:
    done = process(*command, stdout=closed_pipe, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (CUT, "")


@pytest.fixture
def closed_pipe() -> Any:
    """The writing end of a pipe that no process reads."""
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader:
        reader.wait()
        assert reader.stdin is not None
        yield reader.stdin.fileno()


def test_a_full_device_as_file_is_a_sentence() -> None:
    said = ran("--output", "/dev/full", code=2).stderr
    assert said == "batten: /dev/full cannot be written: No space left on device\n"


def test_a_file_that_stands_for_a_folder_is_a_sentence(folder: Path) -> None:
    (folder / "taken").write_text("")
    assert ran("--output", "taken/report.txt", code=2).stderr.startswith("batten: ")
    assert Root(folder).read("taken") == b""

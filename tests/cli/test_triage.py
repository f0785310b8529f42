from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main
from batten.engine.verdicts import Judgement, read_verdicts
from waiting import BOUND, until

COMPOSE = """\
services:
  cache:
    image: redis:7
    ports:
      - "6379:6379"
    environment:
      API_TOKEN: Zq8vN3xKp1Lw7TbR
  sessions:
    image: memcached:1.6
    ports:
      - "11211:11211"
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "compose.yaml").write_text(COMPOSE)
    return folder


def triage(stack: Path, keys: str, *options: str) -> Result:
    output = str(stack.parent / "verdicts.jsonl")
    return CliRunner().invoke(
        main, ["triage", str(stack), "--output", output, "--judge", "ada", *options], input=keys
    )


def judged(stack: Path) -> list[Judgement]:
    return [verdict.judgement for verdict in read_verdicts(stack.parent / "verdicts.jsonl")]


def test_a_line_a_finding(stack: Path) -> None:
    result = triage(stack, "u must be closed\nn\nf\nq\n")
    assert result.exit_code == 0, result.output
    assert judged(stack) == [Judgement.USEFUL, Judgement.NOISE, Judgement.FALSE]
    assert read_verdicts(stack.parent / "verdicts.jsonl")[0].reason == "must be closed"
    assert "judged 3, 0 before" in result.output


def test_what_is_judged_is_not_shown_again(stack: Path) -> None:
    first = triage(stack, "u\nq\n")
    again = triage(stack, "u\nq\n")
    assert "judged 1, 1 before" in again.output
    head = first.output.splitlines()[1]
    assert head.startswith("compose.yaml:") and head not in again.output


def test_back_judges_again_and_skip_leaves_out(stack: Path) -> None:
    triage(stack, "u\nb\nn\ns\nf\n")
    held = read_verdicts(stack.parent / "verdicts.jsonl")
    assert [verdict.judgement for verdict in held] == [Judgement.NOISE, Judgement.FALSE]


def test_the_lines_around_are_masked(stack: Path) -> None:
    result = triage(stack, "s\n" * 50)
    assert "API_TOKEN" in result.output
    assert "Zq8vN3xKp1Lw7TbR" not in result.output


def test_the_end_of_input_keeps_what_was_judged(stack: Path) -> None:
    result = triage(stack, "u\n")
    assert (result.exit_code, judged(stack)) == (0, [Judgement.USEFUL])


@pytest.mark.parametrize(("keys", "said"), [("", "holds no keys"), ("u\nx\n", "line 2: 'x' is not a key")])
def test_other_input_is_an_error(stack: Path, keys: str, said: str) -> None:
    result = triage(stack, keys)
    assert result.exit_code == 2
    assert said in result.output


def test_a_sample(stack: Path) -> None:
    result = triage(stack, "n\nn\n", "--sample", "2", "--seed", "5")
    assert "2/2" in result.output and "0 left" in result.output


def test_a_file_of_verdicts_that_is_none(stack: Path) -> None:
    (stack.parent / "verdicts.jsonl").write_text("[]\n")
    result = triage(stack, "u\n")
    assert result.exit_code == 2
    assert "verdicts.jsonl:1: not a verdict" in result.output


def test_the_report(stack: Path) -> None:
    triage(stack, "u\nn\nf\nu\nq\n")
    path = str(stack.parent / "verdicts.jsonl")
    shown = CliRunner().invoke(main, ["triage", "--report", path]).output
    assert "useful      50.0%  (2 of 4, 95 % interval 15.0% to 85.0%)" in shown
    assert "not false   75.0%" in shown
    figures = json.loads(CliRunner().invoke(main, ["triage", "--report", path, "--format", "json"]).output)
    assert figures["total"]["useful"] == {"count": 2, "of": 4, "share": 0.5, "low": 0.15, "high": 0.85}
    assert figures["stacks"][0]["name"] == "shop"


def test_keys_of_a_terminal(stack: Path) -> None:
    """One key without Enter; another key shows which there are. What is typed ahead is dropped, so each key waits."""
    ours, theirs = pty.openpty()
    shown = stack.parent / "shown"
    command = [sys.executable, "-m", "batten", "triage", str(stack)]
    command += ["--output", str(stack.parent / "verdicts.jsonl")]
    with shown.open("wb") as out, subprocess.Popen(command, stdin=theirs, stdout=out) as process:
        for number, key in enumerate(b"xunq", 1):
            until(lambda number=number: shown.read_bytes().count(b"u useful") == number, "a question")
            until(lambda: not termios.tcgetattr(theirs)[3] & termios.ICANON, "reading a key")
            os.write(ours, bytes([key]))
        assert process.wait(BOUND) == 0
    os.close(ours)
    os.close(theirs)
    assert judged(stack) == [Judgement.USEFUL, Judgement.NOISE]
    assert b"\x1b[" not in shown.read_bytes()

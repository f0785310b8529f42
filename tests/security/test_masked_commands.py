"""What commands say of themselves: of secrets, of crashes, of names that a terminal would obey."""

from __future__ import annotations

import logging
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten import masking
from batten.cli import main
from batten.guard import log
from batten.policy import load
from waiting import BOUND

SECRET = "hunter2-x7Lm24kQ"
COMPOSE = f"services:\n  db:\n    image: redis:7\n    privileged: true\n    environment:\n      DB_PASSWORD: {SECRET}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    root = tmp_path / "tree"
    root.mkdir()
    (root / "compose.yaml").write_text(COMPOSE)
    monkeypatch.chdir(root)
    return root


def test_a_diff_is_masked_and_says_how_to_see_it() -> None:
    result = CliRunner().invoke(main, ["fix", "--diff", "--risky", "--no-validate"])
    assert SECRET not in result.output
    assert "-      DB_PASSWORD: •••" in result.stdout
    assert "--show-secrets" in result.stderr


def test_secrets_are_not_shown_where_output_is_kept() -> None:
    result = CliRunner().invoke(main, ["fix", "--diff", "--show-secrets", "--risky", "--no-validate"])
    assert result.exit_code == 2
    assert SECRET not in result.output and "terminal only" in result.stderr


def test_secrets_are_shown_on_a_terminal_with_a_warning() -> None:
    ours, theirs = pty.openpty()
    words = ["fix", "--diff", "--show-secrets", "--risky", "--no-validate"]
    program = "import sys; from batten.cli import main; main(sys.argv[1:])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=theirs, stderr=subprocess.PIPE, env=environment
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65536):
            said += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.stderr is not None
    warning = process.stderr.read().decode()
    process.stderr.close()
    process.wait(BOUND)
    assert SECRET in said.decode()
    assert "contains secrets" in warning and SECRET not in warning


@pytest.mark.parametrize("asked", ["", "1"])
def test_a_crash_tells_no_values(asked: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise KeyError(f"password: {SECRET}")

    (here / "batten.yaml").write_text("version: 1\n")
    monkeypatch.setattr(load, "load_policy", broken)
    monkeypatch.setenv("BATTEN_TRACEBACK", asked)
    result = CliRunner().invoke(main, ["review"])
    assert result.exit_code == 3
    assert "internal error: KeyError in " in result.stderr and "please report it" in result.stderr
    assert SECRET not in result.output
    assert ("Traceback" in result.stderr) is bool(asked)


def test_a_crash_of_an_application_tells_no_values(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(f"connect('postgres://orders:{SECRET}@db')")
    except ValueError as error:
        with caplog.at_level(logging.INFO, "batten.guard"):
            log.broke("GET /a", "r1", error)
    assert SECRET not in caplog.text and "ValueError" in caplog.text and "Traceback" in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


def test_what_a_log_says_of_a_body_has_the_one_mask() -> None:
    assert log.excerpt(f'{{"password": "{SECRET}"}}'.encode()) == '\'{"password": "•••"}\''


def test_names_do_not_move_the_cursor(here: Path) -> None:
    folder = here / "a\x1b[2Jb"
    folder.mkdir()
    (folder / "compose.yaml").write_text(COMPOSE)
    for words in (
        ["fix", "--diff", "--risky", "--no-validate"],
        ["fix", "--risky", "--no-validate"],
        ["fix", "--undo"],
    ):
        result = CliRunner().invoke(main, words)
        assert "\x1b" not in result.output, words
        assert "compose.yaml" in result.output


def test_an_answer_that_is_kept_brings_its_places_not_its_texts(tmp_path: Path) -> None:
    (tmp_path / "tree" / "web.env").write_text("DB_PASSWORD=postgres\nDEBUG=true\n")
    first = CliRunner().invoke(main, ["review", "--format", "json"])
    masking.forget()
    again = CliRunner().invoke(main, ["review", "--format", "json"])
    assert first.stdout == again.stdout
    assert SECRET not in again.stdout and "DB_PASSWORD=postgres" not in again.stdout

"""Sentences that users read: all are found, and none uses a word that docs/style.md replaces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))  # behind tests/watch, which has a watch_api, too

import messages  # noqa: E402  # a tool, not a package

SOURCE = '''
import click


@click.command("tidy", help="Tidy the {folder}.")
@click.option("--deep", help="Also below it.")
def command(deep: bool) -> None:
    """Tidy what is in the folder."""


def read(path: str, name: str) -> Problem:
    """Whoever reads this docstring is a developer."""
    if re.compile("a b(?:c d)"):
        raise Refused(f"{name!r} has no " f"owner: {path}", "name the owner")
    return Problem(path, "read", "the file is empty", hint="fill the file")
'''


def test_every_kind_of_sentence_is_found_with_its_line() -> None:
    assert [(s.line, s.kind, s.text) for s in messages.of_file(SOURCE, "src/batten/cli/tidy.py")] == [
        (5, "help", "Tidy the {folder}."),
        (6, "help", "Also below it."),
        (8, "help", "Tidy what is in the folder."),
        (14, "error", "{name} has no owner: {path}"),
        (14, "error", "name the owner"),
        (15, "problem", "the file is empty"),
        (15, "problem", "fill the file"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("this is no YAML", ["is no YAML"]),
        ("there is no YAML, and it is no longer read", []),
        ("Whoever reads it mends the file", ["Whoever", "mends"]),
        ("`mend` and {nobody[0].name} are code", []),
        ("the port speaks TLS, and a client is let in", ["speaks", "let in"]),
    ],
)
def test_words_that_are_replaced(text: str, found: list[str]) -> None:
    assert [word for word, _ in messages.words(text)] == found


def test_sentences_are_plain_technical_english() -> None:
    done = subprocess.run(
        (sys.executable, str(ROOT / "tools/messages.py"), "--check"), capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout


def test_the_check_fails_on_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = list(
        messages.of_file('def f():\n    return Problem("a", "read", "nobody reads it")\n', "src/batten/a.py")
    )
    assert messages.check(found) == 1 and "a.py:2: 'nobody'" in capsys.readouterr().out


def test_the_page_quotes_every_word() -> None:
    page = (ROOT / "docs/style.md").read_text(encoding="utf-8")
    assert [w.name for w in messages.WORDS if f"| {w.name} | {w.better} |" not in page] == [], (
        "add the row to docs/style.md"
    )

"""A test that lacks a program says so by name: skipped, or failed in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TEST = """
from needs import needs, package, program, where

@needs("nginx", True)
def test_has(): pass

@needs("hen", where("hen"))
def test_marked(): raise AssertionError

def test_asks(): program("hen", "cock")

def test_imports(): package("hen")
"""


def reported(folder: Path, ci: str) -> str:
    (folder / "test_it.py").write_text(TEST, encoding="utf-8")
    (folder / "conftest.py").write_text((HERE / "conftest.py").read_text("utf-8"), encoding="utf-8")
    path = os.pathsep.join((str(HERE), *filter(None, sys.path)))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rsfE",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    environment = os.environ | {"CI": ci, "PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("ci", "ended"), [("", "1 passed, 3 skipped"), ("true", "2 failed, 1 passed, 1 error")]
)
def test_what_is_missing_is_told_by_name(ci: str, ended: str, tmp_path: Path) -> None:
    said = reported(tmp_path, ci)
    assert ended in said
    assert "hen is not installed: run tools/servers.sh" in said
    assert "hen is not installed: run tools/install.sh dev" in said


def test_nothing_is_skipped_otherwise() -> None:
    """A skip that CI does not see is a test that is never run. What the machine's user or kernel decides is not meant."""
    texts = {
        file: file.read_text("utf-8")
        for file in HERE.rglob("*.py")
        if file.name not in ("needs.py", "test_needs.py")
    }
    words = ("pytest.skip(", "importorskip")
    assert [file.name for file, text in texts.items() if any(word in text for word in words)] == []

"""An example in a folder of its own, and `batten harden` in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main

ORDERS = Path(__file__).parents[3] / "examples/orders"


def example(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, in which commands then run."""
    for name in ("openapi.yaml", "batten.yaml"):
        shutil.copy(ORDERS / name, folder)
    monkeypatch.chdir(folder)
    return folder


def harden(*words: str) -> Result:
    return CliRunner().invoke(main, ["harden", *words])


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

"""Verdicts of public repositories: each is whole, and docs/precision.md shows what they come to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "first10": {"useful", "noise", "false"},
    "high": {"useful", "noise", "false"},
    "rest": {"useful", "noise", "false"},
    "secret": {"useful", "true", "noise", "false"},
    "safe-fix": {"right", "wrong", "pointless", "unsure"},
    "risky-fix": {"right", "wrong", "pointless", "unsure"},
}


def test_every_verdict_is_whole() -> None:
    for path in sorted((ROOT / "tests" / "precision").glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            row = json.loads(line)
            assert row["verdict"] in KINDS[row["kind"]], (path.name, number)
            assert row["repo"].count("/") == 1 and row["control"], (path.name, number)


def test_the_page_shows_what_they_come_to() -> None:
    done = subprocess.run(
        (sys.executable, str(ROOT / "tools" / "judged.py"), "--check"), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout

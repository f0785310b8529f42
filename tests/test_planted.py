"""Three stacks with faults that are known, and the same without them: all are found at their lines, and nothing else is said."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml

from batten.controls import all_controls
from batten.engine.account import accounted
from batten.engine.review import Review, review
from batten.engine.unknowns import unknowns
from batten.policy import Policy

STACKS = Path(__file__).resolve().parent / "stacks" / "planted"
NAMES = sorted(folder.name for folder in STACKS.iterdir() if folder.is_dir())
LEAST = 20
DAY = date(2026, 12, 1)


@dataclass(frozen=True)
class Fault:
    control: str
    file: str
    line: int
    source: str


def faults(name: str) -> list[Fault]:
    found = []
    for row in yaml.safe_load((STACKS / name / "planted.yaml").read_text()):
        text = (STACKS / name / "vulnerable" / row["file"]).read_text()
        assert text.count(row["text"]) == 1, f"{row['file']}: {row['text']}"
        line = text[: text.index(row["text"])].count("\n") + 1
        found.append(Fault(row["control"], row["file"], line, row["source"]))
        assert row["why"].endswith("."), row
    return found


def reviewed(name: str, state: str, folder: Path) -> Review:
    """The stack as a repository of its own: where it is here shows nothing about it."""
    shutil.copytree(STACKS / name / state, folder / name)
    return review(folder / name, Policy(today=DAY), fixes=False)


def test_there_are_three() -> None:
    assert len(NAMES) == 3


@pytest.mark.parametrize("name", NAMES)
def test_every_planted_fault_is_found_at_its_line(name: str, tmp_path: Path) -> None:
    planted, result = faults(name), reviewed(name, "vulnerable", tmp_path)
    counting = [f for f in result.findings if result.contexts.rule(result.contexts.of(f.at)).gate]
    found = {(f.control, f.at.source, f.region.line) for f in counting if f.region is not None}
    assert len({(one.control, one.file, one.line) for one in planted}) == len(planted) >= LEAST
    assert [one for one in planted if (one.control, one.file, one.line) not in found] == []
    assert not result.problems and not accounted(result).missed


@pytest.mark.parametrize("name", NAMES)
def test_the_locked_state_is_silent_and_what_is_not_judged_is_argued(name: str, tmp_path: Path) -> None:
    result = reviewed(name, "locked", tmp_path)
    ledger = accounted(result)
    assert [(f.control, str(f.at), f.message) for f in result.findings] == []
    assert result.problems == [] and ledger.unread == () and all(one.whole for one in ledger.read)
    open_questions = {
        p.message.split(" at ")[0].partition("[")[0] for p in unknowns(result.facts, result.workspace)
    }
    left = open_questions | {one.setting for one in ledger.unjudged}
    assert left == set(yaml.safe_load((STACKS / name / "unassessed.yaml").read_text()))


def test_faults_are_of_controls_that_there_are_and_cite_a_page() -> None:
    slugs = set(all_controls())
    for fault in (one for name in NAMES for one in faults(name)):
        assert fault.control in slugs
        assert fault.source.startswith("https://")

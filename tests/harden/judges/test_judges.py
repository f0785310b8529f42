"""What batten writes, judged by programs that nobody here wrote: nothing at medium or above but what a waiver answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import INSECURE, JUDGES, Verdict, Waiver, unanswered, waivers
from rendered_targets import write

from needs import without

WRONG = "insecure"  # stands beside the contracts, so each judge is started once


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rendered")
    write(root)
    for path, text in INSECURE.items():
        target, _, name = path.partition("/")
        place = root / target / WRONG / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", JUDGES)
def test_it_finds_what_is_wrong_and_nothing_in_what_is_written(name: str, everything: Path) -> None:
    judge = JUDGES[name]
    program = judge.program() or without(name, judge.how)
    found = set(judge.of(program, everything))
    wrong = {verdict for verdict in found if f"/{WRONG}/" in verdict.path}
    assert {verdict.rule for verdict in wrong} >= judge.finds
    left, stale = unanswered(name, found - wrong, waivers())
    assert left == [] and stale == []


def test_a_waiver_answers_its_own_rule_and_path_only() -> None:
    rows = [
        Waiver("a", "R1", "x/*.yaml", "it is so"),
        Waiver("a", "R2", "x/*.yaml", "it is so"),
        Waiver("b", "R3", "*", ""),
    ]
    found = [Verdict("x/1.yaml", "R1", "m"), Verdict("y/1.yaml", "R1", "m"), Verdict("x/1.yaml", "R3", "m")]
    left, stale = unanswered("a", found, rows)
    assert left == ["x/1.yaml: R3: m", "y/1.yaml: R1: m"] and stale == ["R2 x/*.yaml"]


def test_every_waiver_is_of_a_judge_and_says_why() -> None:
    tools = {*JUDGES, "testssl"}  # which has running edges to judge (test_running_edges.py)
    for row in waivers():
        assert row.tool in tools and len(row.reason) > 20

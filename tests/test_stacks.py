"""Stacks as teams deploy them: what was found there and was worth the time is still found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parent.parent / "tools" / "stacks.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tools_stacks", TOOL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(tool: ModuleType) -> list[object]:
    return list(tool.stacks(tool.all_reviewed(TOOL.parent.parent / "src")))


@pytest.mark.served
def test_no_useful_cause_is_lost(tool: ModuleType, found: list[object]) -> None:
    assert tool.missing(found) == [], (
        "a cause that was judged useful is gone: find it again, or write the reason into the file of causes that ended (tools/stacks.py)"
    )


@pytest.mark.served
def test_findings_fall(tool: ModuleType, found: list[object]) -> None:
    assert tool.fallen(found) >= tool.LEAST_FALL


def test_verdicts_are_of_stacks_that_are_there(tool: ModuleType) -> None:
    named = {v.stack for v in tool.read_verdicts(tool.JUDGED) if not v.stack.startswith("debian:")}
    assert named <= set(tool.names())
    assert len(named) >= 12


@pytest.mark.served
def test_findings_are_judged(tool: ModuleType, found: list[object]) -> None:
    judged = tool.judged(found)
    assert len(judged.without) <= len(judged.verdicts) / 10, (
        "judge them: batten triage, or lists of tools/stacks.py"
    )


@pytest.mark.served
def test_findings_are_worth_the_time(tool: ModuleType, found: list[object]) -> None:
    total = tool.precision(tool.judged(found).gated).total
    assert total.usefulness.value >= tool.LEAST_USEFUL
    assert total.truth.value >= tool.LEAST_TRUE

from __future__ import annotations

import importlib.util
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from batten.controls import collected
from batten.controls._cycles import Ended, end_of_life, successor
from batten.engine.outcome import OLD, Outcome
from batten.formats import Workspace
from batten.model import Severity
from batten.reports import render

TOOL = Path(__file__).parents[2] / "tools" / "cycles.py"
specification = importlib.util.spec_from_file_location("cycles_tool", TOOL)
assert specification is not None and specification.loader is not None
tool = importlib.util.module_from_spec(specification)
specification.loader.exec_module(tool)


@pytest.mark.parametrize(
    ("product", "version", "cycle"),
    [
        ("node", "16.20.1", "16"),
        ("postgres", "9.6", "9.6"),
        ("python", "v2.7.18", "2.7"),
        ("mariadb", "10.1", "10.1"),
    ],
)
def test_a_version_belongs_to_its_cycle(product: str, version: str, cycle: str) -> None:
    found = end_of_life(product, version)
    assert isinstance(found, Ended) and found.cycle == cycle


@pytest.mark.parametrize(
    ("product", "version"), [("redis", "6.2.1"), ("unheard-of", "1"), ("python", "latest"), ("redis", "7")]
)
def test_what_is_not_certain_is_not_told(product: str, version: str) -> None:
    assert end_of_life(product, version) is None


def test_where_to_move() -> None:
    day = date(2026, 12, 1)
    assert (successor("python", day), successor("postgres", day), successor("unheard-of", day)) == (
        "3.13",
        "",
        "",
    )


def test_nobody_is_sent_to_what_has_ended_too() -> None:
    last = end_of_life("python", "3.13")
    assert last is not None
    assert successor("python", last.day - timedelta(1)) == "3.13" and successor("python", last.day) == ""


def test_the_updater_adds_and_corrects_and_drops_nothing() -> None:
    data: dict[str, Any] = {
        "collected": "2026-01-01",
        "products": {
            "a": {"source": "aa", "cycles": {"1": "2020-01-01", "2": None, "0": "2018-01-01"}},
            "b": {"cycles": {"1": None}},
        },
    }
    rows = [
        {"cycle": "3", "eol": False},
        {"cycle": 2, "eol": "2026-06-30"},
        {"cycle": "1", "eol": True},
        {"cycle": "0.1", "eol": "2010-01-01"},
    ]
    changes = list(tool.updated(data, {"aa": rows}.__getitem__, date(2026, 7, 1)))
    assert changes == ["a 2: None -> 2026-06-30", "a 3: new, supported"]
    assert data["products"]["a"]["cycles"] == {
        "1": "2020-01-01",
        "2": "2026-06-30",
        "0": "2018-01-01",
        "3": None,
    }
    assert data["collected"] == "2026-07-01"


def test_the_updater_keeps_standard_apart_from_extended_support() -> None:
    data: dict[str, Any] = {"products": {"a": {"source": "aa", "cycles": {}}}}
    rows = [{"cycle": "1", "eol": "2025-02-28", "extendedSupport": "2028-02-29"}]
    list(tool.updated(data, {"aa": rows}.__getitem__, date(2026, 7, 1)))
    assert data["products"]["a"]["cycles"] == {"1": "2028-02-29"}
    assert data["products"]["a"]["standard"] == {"1": "2025-02-28"}


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "markdown", "html"])
def test_old_data_are_told(form: str) -> None:
    workspace = Workspace(Path("/nonexistent"))
    for days, told in ((OLD, False), (OLD + 1, True)):
        outcome = Outcome(
            "review", "/nonexistent", Severity.LOW, files=1, today=collected() + timedelta(days)
        )
        assert ("days old" in render(form, outcome, workspace)) is told


def test_reports_name_the_day() -> None:
    workspace = Workspace(Path("/nonexistent"))
    outcome = Outcome("review", "/nonexistent", Severity.LOW, files=1)
    assert collected().isoformat() in render("terminal", outcome, workspace)
    assert (
        json.loads(render("json", outcome, workspace))["summary"]["lifecycle_data"] == collected().isoformat()
    )

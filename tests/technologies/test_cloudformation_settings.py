"""Each property that decides by itself, alone in a template: what is found, what is not, and that a parameter is unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy

FILE = Path(__file__).parent / "cloudformation" / "settings.txt"
ROWS = [line.split("  ") for line in FILE.read_text().splitlines() if line and not line.startswith("#")]


def told(type_: str, slug: str, properties: Any, root: Path = FILE.parent) -> set[str]:
    body = {"Type": type_, "Properties": properties}
    template = {"Parameters": {"Given": {"Type": "String"}}, "Resources": {"Shop": body}}
    found = review(Workspace(root, {"template.json": json.dumps(template)}), Policy())
    assert found.problems == []
    return {finding.message for finding in found.findings if finding.control == slug}


def with_parameter(bad: Any, good: Any) -> Any:
    """The right properties, where what makes them right is a parameter instead."""
    if isinstance(good, dict) and isinstance(bad, dict):
        return {
            key: with_parameter(bad.get(key), value) if bad.get(key) != value else value
            for key, value in good.items()
        }
    if isinstance(good, list) and isinstance(bad, list) and good and isinstance(good[0], dict) and bad:
        return [with_parameter(bad[0], good[0])]
    if isinstance(good, dict):
        return {key: with_parameter(None, value) for key, value in good.items()}
    if isinstance(good, list) and good and isinstance(good[0], dict):
        return [with_parameter(None, good[0])]
    return {"Ref": "Given"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[3]}")
def test_a_property_decides(row: list[str]) -> None:
    type_, slug, bad, good = row[0], row[1], json.loads(row[2]), json.loads(row[3])
    right = told(type_, slug, good)
    wrong = told(type_, slug, bad) - right
    assert wrong, "nothing is found"
    assert not wrong & told(type_, slug, with_parameter(bad, good)), "a parameter is not known"

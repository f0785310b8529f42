"""Each property that decides by itself, alone in a template: what is found, what is not, and that a parameter is unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy

HERE = Path(__file__).parent


def rows(technology: str) -> list[list[str]]:
    lines = (HERE / technology / "settings.txt").read_text().splitlines()
    return [line.split("  ") for line in lines if line and not line.startswith("#")]


ROWS = [("cloudformation", row) for row in rows("cloudformation")] + [
    ("terraform", row) for row in rows("terraform")
]


def module(type_: str, properties: Any) -> tuple[str, Any]:
    return "main.tf.json", {"variable": {"given": {}}, "resource": {type_: {"shop": properties}}}


def template(type_: str, properties: Any) -> tuple[str, Any]:
    body = {"Type": type_, "Properties": properties}
    return "template.json", {"Parameters": {"Given": {"Type": "String"}}, "Resources": {"Shop": body}}


def told(technology: str, type_: str, slug: str, properties: Any) -> set[str]:
    name, made = (template if technology == "cloudformation" else module)(type_, properties)
    found = review(Workspace(HERE / technology, {name: json.dumps(made)}), Policy())
    assert found.problems == []
    return {finding.message for finding in found.findings if finding.control == slug}


def with_parameter(bad: Any, good: Any, unknown: Any) -> Any:
    """The right properties, where what makes them right is a parameter instead."""
    if isinstance(good, dict) and isinstance(bad, dict):
        return {
            key: with_parameter(bad.get(key), value, unknown) if bad.get(key) != value else value
            for key, value in good.items()
        }
    if isinstance(good, list) and isinstance(bad, list) and good and isinstance(good[0], dict) and bad:
        return [with_parameter(bad[0], good[0], unknown)]
    if isinstance(good, dict):
        return {key: with_parameter(None, value, unknown) for key, value in good.items()}
    if isinstance(good, list) and good and isinstance(good[0], dict):
        return [with_parameter(None, good[0], unknown)]
    return unknown


@pytest.mark.parametrize(
    ("technology", "row"), ROWS, ids=lambda one: one if isinstance(one, str) else f"{one[0]}-{one[3]}"
)
def test_a_property_decides(technology: str, row: list[str]) -> None:
    type_, slug, bad, good = row[0], row[1], json.loads(row[2]), json.loads(row[3])
    right = told(technology, type_, slug, good)
    wrong = told(technology, type_, slug, bad) - right
    assert wrong, "nothing is found"
    unknown = {"Ref": "Given"} if technology == "cloudformation" else "${var.given}"
    assert not wrong & told(technology, type_, slug, with_parameter(bad, good, unknown)), (
        "a parameter is not known"
    )

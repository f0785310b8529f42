"""JSON and SARIF hold the fix of every finding: of a file twice as long they may take 2.4 times as many steps."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from growth_measure import ALLOWED
from growth_shapes import Make, built

from batten.engine.outcome import Outcome
from batten.engine.review import judge_all, read
from batten.formats import Workspace
from batten.model import Severity
from batten.policy import Policy
from batten.reports import render
from proofs import turn

SIZE = 40  # of it and of its double
SHAPES = {
    name: make
    for name, make in built()
    if name
    in {
        "compose: services",
        "dockerfile: stages",
        "nginx: upstreams",
        "nginx: servers",
        "apache: hosts",
        "caddy: sites",
        "haproxy: frontends",
        "envoy: listeners",
        "kong: services",
        "kong: consumers",
        "fastapi: cookies",
        "openapi: operations",
        "kubernetes: pods",
        "kubernetes: one pod, many containers",
        "helm: one template",
        "terraform: resources",
        "terraform: buckets and what belongs to them",
        "terraform: modules",
        "cloudformation: resources",
        "cloudformation: references",
    }
}


FORMS = [(name, form) for name in SHAPES for form in ("json", "sarif")]


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many functions were called within."""
    calls = [0]

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            calls[0] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def steps(make: Make, size: int, form: str) -> int:
    """The calls that a whole review takes, from texts to the report."""
    files = make(size)
    with counted() as calls:
        workspace = Workspace(Path(tempfile.gettempdir()) / "batten-nothing", files)
        result = read(workspace, Policy())
        judge_all(result)
        render(form, Outcome("review", "/", Severity.LOW, result.findings, result.problems), workspace)
    assert result.findings
    return calls[0]


def test_every_shape_is_there() -> None:
    assert len(SHAPES) == 20


@pytest.mark.parametrize(("name", "form"), turn("reports", FORMS, 12))
def test_a_report_costs_what_its_file_is_long(name: str, form: str) -> None:
    make = SHAPES[name]
    steps(make, 4, form)  # what is imported and compiled once
    small, large = steps(make, SIZE, form), steps(make, SIZE * 2, form)
    assert large <= ALLOWED * small, (small, large)


def test_quadratic_steps_are_seen() -> None:
    with counted() as few:
        [len("") for _ in range(20) for _ in range(20)]
    with counted() as many:
        [len("") for _ in range(40) for _ in range(40)]
    assert many[0] > ALLOWED * few[0]

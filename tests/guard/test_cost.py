"""No keyword costs more than a body is long, whatever stands in it. `python tools/guard_cost.py` shows what two megabytes cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from guard_cost_measure import least
from guard_costs import SHAPES

from batten.guard.lua.exactness import ASKED

ALLOWED = 8.0  # times, for four times as much: quadratic cost takes sixteen
LOUD = 0.1  # seconds below which nothing is judged
SMALL = 25_000  # bytes


@pytest.mark.parametrize("name", SHAPES)
def test_a_body_costs_what_it_is_long(name: str) -> None:
    schema, make = SHAPES[name]
    large = sum(least(schema, make, SMALL * 4, 1))
    if large > LOUD:
        small, large = sum(least(schema, make, SMALL)), sum(least(schema, make, SMALL * 4))
        assert large <= LOUD or large / max(small, LOUD / ALLOWED) <= ALLOWED, (small, large)


def test_every_keyword_has_a_shape() -> None:
    found = {key for schema, _ in SHAPES.values() for key in _keys(schema)}
    assert ASKED - found == set()


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            yield from _keys(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _keys(item)


def test_bodies_are_as_long_as_they_say() -> None:
    for name, (_, make) in SHAPES.items():
        body = make(20_000)
        assert 12_000 < len(body) < 33_000, (name, len(body))
        if not name.startswith(("read:", "failing: a long")):
            json.loads(body, parse_int=str)

"""Cost is linear: what is four times as long may not cost what sixteen times as much would.

CI asks for less than `bench/growth.py` does: fewer shapes, and four times the size may cost eight times as much, which no
noise makes of linear cost, and quadratic cost misses.
"""

from __future__ import annotations

import re
import time

import pytest
from growth_expressions import asked, cost, expressions, grows
from growth_measure import STAGES, Growth, once
from growth_shapes import built

from batten.technologies import technologies

ALLOWED = 8.0  # times, for four times as much
LOUD = 0.25  # seconds below which nothing is judged
MOST = 8.0  # seconds in which a case must answer at all
SIZE = 30
SKIPPED = (  # known to cost more for now, with what is behind it; bench/growth.py names them
    "files: ",  # the walk itself
    "compose: anchors merged",  # edits beside anchors are proved on the whole text, until that was read too often
    "apache: includes of includes",  # always brings as much as includes may
    "kubernetes: configmaps",  # masks of reports, below
    "compose: services",  # reports hold every line against every secret
)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    for technology in technologies().values():
        technology.adapter()


@pytest.mark.parametrize(
    ("name", "make"),
    [pytest.param(n, m, id=n) for n, m in built() if not n.startswith(SKIPPED)],
)
def test_a_reader_costs_what_its_text_is_long(name: str, make) -> None:  # type: ignore[no-untyped-def]
    small, large = once(make, SIZE), once(make, SIZE * 4)
    assert sum(large.values()) < MOST * 4
    for stage in STAGES:
        if large[stage] > LOUD:
            again = (
                min(small[stage], once(make, SIZE)[stage]),
                min(large[stage], once(make, SIZE * 4)[stage]),
            )
            assert again[1] <= LOUD or again[1] / max(again[0], LOUD / ALLOWED) <= ALLOWED, (
                name,
                stage,
                again,
            )


def test_quadratic_cost_is_seen() -> None:
    """The measure is measured, on an expression that goes back and on costs that double twice."""
    assert grows(re.compile("a+$"), ("search",), most=64_000) is not None
    assert Growth("", "", (0.1, 0.2, 0.8)).worst == pytest.approx(4)
    assert Growth("", "", (0.1, 0.2, 0.4)).worst == pytest.approx(2)


def test_no_expression_is_exponential() -> None:
    """Each of batten's own, on texts made of it: 2,000 characters in well under a second."""
    held = expressions()
    assert len(held) > 300
    for name, pattern in held.items():
        before = time.process_time()
        worst = grows(pattern, asked(name), seen=0.4, most=2000)
        assert worst is None, (name, worst)
        assert time.process_time() - before < 20, name
        assert cost(pattern, "a" * 2000, asked(name)) < 0.5, name

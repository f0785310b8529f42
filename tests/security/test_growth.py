"""Cost is linear: what is four times as long may not cost what sixteen times as much would.

CI asks for less than `bench/growth.py` does: fewer shapes, and four times the size may cost eight times as much, which no
noise makes of linear cost, and quadratic cost misses.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from growth_expressions import asked, cut, dearest, expressions, grows
from growth_measure import STAGES, Growth, once
from growth_shapes import HEADS, SHAPES, built, sampled, spoiled

from batten.technologies import technologies

ALLOWED = 8.0  # times, for four times as much
LOUD = 0.25  # seconds below which nothing is judged
MOST = 8.0  # seconds in which a case must answer at all
SIZE = 20
SKIPPED = {  # costs more, within a bound; bench/growth.py measures them
    "compose: anchors merged": "an edit beside an anchor is proved on the whole text, until five million characters were read",
}
LONG = 1000  # characters of a text for an expression
EACH = 0.1  # seconds for so many: an expression that is quadratic takes a tenth, one that is cubic more than half a second


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    for technology in technologies().values():
        technology.adapter()


@pytest.mark.parametrize(("name", "make"), [pytest.param(n, m, id=n) for n, m in built() if n not in SKIPPED])
def test_a_reader_costs_what_its_text_is_long(name: str, make) -> None:  # type: ignore[no-untyped-def]
    large = once(make, SIZE * 4)
    assert sum(large.values()) < MOST * 4
    loud = [stage for stage in STAGES if large[stage] > LOUD]
    small = once(make, SIZE) if loud else {}
    for stage in loud:
        if large[stage] / max(small[stage], LOUD / ALLOWED) > ALLOWED:
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
    assert grows(re.compile("a+$"), ("search",), most=16_000, seen=0.02) is not None
    assert Growth("", "", (0.1, 0.2, 0.8)).worst == pytest.approx(4)
    assert Growth("", "", (0.1, 0.2, 0.4)).worst == pytest.approx(2)


class TooLong(Exception):
    """An expression that does not come back."""


@contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    """The engine of expressions looks for signals, so that one that would never end ends here."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _slow(pattern: re.Pattern[str], methods: tuple[str, ...]) -> bool:
    try:
        with _stopped_after(2):
            return dearest(pattern, methods, LONG) > EACH
    except TooLong:
        return True


def test_no_expression_is_exponential() -> None:
    """Each of batten's own, on texts made of it."""
    held = expressions()
    assert len(held) > 1000
    assert [name for name, pattern in held.items() if _slow(pattern, asked(name))] == []


def test_an_expression_that_does_not_end_is_seen() -> None:
    assert _slow(re.compile("(a+)+$"), ("match",))
    assert _slow(re.compile(r"\s*\s*\s*x"), ("search",))


def test_what_is_written_out_and_what_is_cut_is_found() -> None:
    """The bench's own tools: an expression in a function, in a table, behind a slice; and every shape of a sample."""
    held = expressions()
    assert sum(":" in name for name in held) > 100 and sum("[" in name for name in held) > 300
    assert cut("batten.live.banners._TOKEN") == 1000
    assert cut("batten.formats.env._DOUBLE") is None
    assert asked("batten.formats.nginx._TOKEN") == ("match",)
    assert len(list(spoiled())) == len(HEADS) * SHAPES
    turns = [{n for n in range(len(HEADS) * SHAPES) if sampled(n, turn)} for turn in range(12)]
    assert sorted(set().union(*turns)) == list(range(len(HEADS) * SHAPES))
    assert {n % SHAPES for n in turns[0]} == set(range(SHAPES))

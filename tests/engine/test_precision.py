from __future__ import annotations

from dataclasses import dataclass

import pytest

from batten.engine.precision import precision, share
from batten.engine.verdicts import Judgement, Verdict


def verdict(number: int, control: str, judgement: Judgement, stack: str = "shop") -> Verdict:
    return Verdict(
        stack=stack,
        fingerprint=f"{control}{number}",
        control=control,
        case="absent",
        severity="low",
        path="nginx.conf",
        line=1,
        message="no HSTS",
        judgement=judgement,
        judge="ada",
        date="2026-11-27",
        version="0.1.0",
    )


@dataclass
class Known:
    """Wilson's interval as other works print it."""

    count: int
    of: int
    low: float
    high: float


@pytest.mark.parametrize(
    "known",
    [
        Known(0, 10, 0.0, 0.2775),
        Known(10, 10, 0.7225, 1.0),
        Known(81, 263, 0.2553, 0.3662),
        Known(1, 2, 0.0945, 0.9055),
    ],
)
def test_the_interval_is_wilsons(known: Known) -> None:
    found = share(known.count, known.of)
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=5e-5)


def test_of_nothing_nothing_is_known() -> None:
    assert (share(0, 0).low, share(0, 0).high) == (0.0, 1.0)


def test_false_ones_come_first() -> None:
    found = precision(
        [
            verdict(1, "csp-sent", Judgement.NOISE),
            verdict(2, "csp-sent", Judgement.NOISE),
            verdict(1, "hsts-sent", Judgement.FALSE, "blog"),
            verdict(1, "tls-version", Judgement.USEFUL),
        ]
    )
    assert [tally.name for tally in found.controls] == ["hsts-sent", "csp-sent", "tls-version"]
    assert [tally.name for tally in found.stacks] == ["blog", "shop"]
    assert (found.total.useful, found.total.noise, found.total.false) == (1, 2, 1)
    assert found.total.truth.value == 0.75


def test_a_finding_is_counted_once_for_each_judge() -> None:
    found = precision([verdict(1, "csp-sent", Judgement.NOISE), verdict(1, "csp-sent", Judgement.USEFUL)])
    assert (found.total.useful, found.total.all) == (1, 1)

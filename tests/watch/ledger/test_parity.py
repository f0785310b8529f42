"""A later stage held against the one before."""

from __future__ import annotations

from batten.model import Severity
from batten.watch.ledger.parity import Accepted, Gap, Lag, Posture, behind
from batten.watch.model import Side, Status

D, O = Side.DECLARED, Side.OBSERVED  # noqa: E741
LOW, HIGH = Severity.LOW, Severity.HIGH
HOLDS, BROKEN, UNKNOWN, ABSENT = Status.HOLDS, Status.BROKEN, Status.UNKNOWN, Status.ABSENT


def lags(before: Posture, after: Posture, *differences: str) -> list[tuple[str, Gap, tuple[str, ...]]]:
    return [(lag.control, lag.gap, lag.causes) for lag in behind(before, after, differences)]


def test_what_is_weaker() -> None:
    before = Posture(
        statuses={(D, "a"): HOLDS, (D, "b"): BROKEN, (D, "c"): BROKEN, (D, "d"): BROKEN, (D, "e"): HOLDS},
        causes={(D, "b"): {"x": LOW}, (D, "c"): {"x": LOW}, (D, "d"): {"x": HIGH}},
    )
    after = Posture(
        statuses={(D, "a"): BROKEN, (D, "b"): BROKEN, (D, "c"): BROKEN, (D, "d"): BROKEN, (D, "e"): HOLDS},
        causes={(D, "a"): {"q": LOW, "r": HIGH}, (D, "b"): {"x": LOW, "y": LOW}, (D, "c"): {"x": HIGH}, (D, "d"): {"x": LOW}},
    )  # fmt: skip
    assert lags(before, after) == [
        ("a", Gap.WEAKER, ("r", "q")),
        ("c", Gap.WEAKER, ("x",)),
        ("b", Gap.WEAKER, ("y",)),
    ]


def test_nothing_is_guessed() -> None:
    before = Posture(statuses={(D, "a"): UNKNOWN, (D, "b"): ABSENT, (D, "c"): HOLDS, (D, "d"): HOLDS, (O, "d"): HOLDS, (D, "e"): BROKEN})  # fmt: skip
    after = Posture(
        statuses={
            (D, "a"): BROKEN,
            (D, "b"): BROKEN,
            (D, "c"): ABSENT,
            (D, "e"): UNKNOWN,
            (D, "new"): BROKEN,
        },
        causes={(D, key): {"x": HIGH} for key in ("a", "b", "new")},
    )
    assert lags(before, after) == [("d", Gap.UNKNOWN, ()), ("e", Gap.UNKNOWN, ())]


def test_what_is_accepted() -> None:
    before = Posture(statuses={(D, "a"): HOLDS, (D, "b"): HOLDS, (D, "c"): HOLDS, (O, "c"): HOLDS})
    after = Posture(
        statuses={(D, "a"): BROKEN, (D, "b"): BROKEN, (D, "c"): BROKEN, (O, "c"): BROKEN},
        causes={
            (D, "a"): {"x": LOW},
            (D, "b"): {"y": LOW, "z": LOW},
            (D, "c"): {"w": HIGH},
            (O, "c"): {"w": LOW},
        },
        waived=frozenset([(D, "w"), (D, "y")]),
    )
    assert [(lag.control, lag.side, lag.accepted) for lag in behind(before, after, ["a"])] == [
        ("b", D, None),
        ("c", O, None),
        ("c", D, Accepted.WAIVED),
        ("a", D, Accepted.DECLARED),
    ]
    only = Lag(side=D, control="a", gap=Gap.WEAKER, before=HOLDS, after=BROKEN, causes=("x",), severity=LOW)
    assert behind(Posture(statuses={(D, "a"): HOLDS}), after, []) == [only]

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import comparison
from batten.formats.comparison import opcodes
from batten.reports.diff import _groups
from spending import at_most

LINES = st.lists(st.sampled_from("abcdefgh"), max_size=25)


def carried_out(before: Sequence[str], after: Sequence[str]) -> list[str]:
    made: list[str] = []
    reached = (0, 0)
    for tag, i1, i2, j1, j2 in opcodes(before, after):
        assert (i1, j1) == reached
        reached = (i2, j2)
        assert tag != "equal" or before[i1:i2] == after[j1:j2]
        made += before[i1:i2] if tag == "equal" else after[j1:j2]
    assert reached == (len(before), len(after))
    return made


@given(LINES, LINES, st.sampled_from([0, 20, 90_000]))
def test_the_opcodes_turn_one_into_the_other(before: list[str], after: list[str], small: int) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(comparison, "_SMALL", small)
    try:
        assert carried_out(before, after) == after
    finally:
        patch.undo()


@given(LINES, LINES, st.integers(0, 3))
def test_hunks_are_difflibs(before: list[str], after: list[str], context: int) -> None:
    class Trimmed(SequenceMatcher[str]):
        def get_opcodes(self):  # type: ignore[no-untyped-def]
            return list(opcodes(before, after)) or [("equal", 0, 1, 0, 1)]

    theirs = list(Trimmed(None, before, after).get_grouped_opcodes(context)) if before != after else []
    assert _groups(opcodes(before, after), context) is not None
    assert list(_groups(opcodes(before, after), context)) == [list(map(tuple, g)) for g in theirs]


@pytest.mark.parametrize(
    "line", [lambda n: f"{n}\n", lambda n: "}\n", lambda n: f"{n % 7}\n", lambda n: f"{n // 2}\n"]
)
def test_long_texts_take_no_longer_than_they_are(line) -> None:  # type: ignore[no-untyped-def]
    before = [line(n) for n in range(60_000)]
    after = [text for n, text in enumerate(before) for text in ((text, "new\n") if n % 5 == 0 else (text,))]
    with at_most(20):
        assert carried_out(before, after) == after
        assert carried_out(after, before) == before

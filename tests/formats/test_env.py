from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem
from batten.formats.env import parse_env

SOURCE = """\
# settings
A=1
export B = "two # not\\n$A" # a comment
C='lit\\n'
D=plain text # cut
E=a#b
F=
G
H="first
second"
I: x
"""


def test_pairs() -> None:
    pairs = parse_env(SOURCE)
    assert {p.key: p.value for p in pairs} == {
        "A": "1",
        "B": "two # not\n$A",
        "C": "lit\\n",
        "D": "plain text",
        "E": "a#b",
        "F": "",
        "G": None,
        "H": "first\nsecond",
        "I": "x",
    }
    assert [p.key for p in pairs if p.export] == ["B"]
    for pair in pairs:
        assert SOURCE[pair.key_span.start : pair.key_span.end] == pair.key
        written = SOURCE[pair.value_span.start : pair.value_span.end]
        assert (
            (written == (pair.value or "")) if not pair.quoted else written[0] == written[-1] == pair.quoted
        )


@pytest.mark.parametrize(
    ("text", "offset"), [('A="x\n', 2), ("A='x", 2), ("A B", 1), ("\n=x", 1), ('A="b"c', 5)]
)
def test_problems_say_where(text: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse_env(text)
    assert problem.value.offset == offset


@given(st.text(alphabet="A=\"'\\ \n\r#:$") | st.text())
def test_any_text_is_pairs_or_a_problem(text: str) -> None:
    try:
        pairs = parse_env(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for pair in pairs:
        assert text[pair.key_span.start : pair.key_span.end] == pair.key

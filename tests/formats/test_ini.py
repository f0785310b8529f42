from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, apply
from batten.formats.document import Text
from batten.formats.ini import parse_ini, set_value

SOURCE = """\
top = 1
; comment
[mysqld]
bind-address = 127.0.0.1  # here
skip-networking
keys =
    one
    two
[a "b"]
x: y
q = "a ; b" ; c
"""


def test_sections() -> None:
    sections = parse_ini(SOURCE)
    assert [s.name for s in sections] == ["", "mysqld", 'a "b"']
    assert {p.key: p.value for p in sections[1].pairs} == (
        {"bind-address": "127.0.0.1", "skip-networking": None, "keys": "one\ntwo"}
    )
    assert {p.key: p.value for p in sections[2].pairs} == {"x": "y", "q": "a ; b"}
    assert sections[-1].span.end == len(SOURCE)
    for pair in (p for s in sections for p in s.pairs):
        assert SOURCE[pair.key_span.start : pair.key_span.end] == pair.key


@pytest.mark.parametrize(("text", "offset"), [("[a\n", 0), ("x=1\n= 2", 4)])
def test_problems_say_where(text: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse_ini(text)
    assert problem.value.offset == offset


@given(
    st.sampled_from(
        ["[s]", "[s]\n", "[s]\na=1\n[t]\n", "[s]\nk = old ; c\n", "[s]\nk\n", "[s]\r\na = 1\r\n[t]"]
    ),
    st.text(alphabet="ab ;#='\"\té", max_size=8),
)
def test_set_values_are_read_back(text: str, value: str) -> None:
    section = parse_ini(text)[1]
    try:
        after = apply(text, set_value(Text("f", text), section, "k", value))
    except ValueError:
        return
    section = parse_ini(after)[1]
    assert [p.value for p in section.pairs if p.key == "k"] == [value]
    assert set_value(Text("f", after), section, "k", value) == []


@given(st.text(alphabet="[]a=:;#\"' \n\r") | st.text())
def test_any_text_is_sections_or_a_problem(text: str) -> None:
    try:
        sections = parse_ini(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for pair in (p for s in sections for p in s.pairs):
        assert text[pair.key_span.start : pair.key_span.end] == pair.key

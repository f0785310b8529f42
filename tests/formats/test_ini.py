from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, apply, properties
from batten.formats.document import Text
from batten.formats.ini import parse_ini, remove, section_named, set_value
from batten.formats.properties import parse_properties

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
    mysqld = section_named(sections, "mysqld")
    assert mysqld is not None
    assert {p.key: p.value for p in mysqld.pairs} == (
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


def test_a_pair_or_a_section_is_removed() -> None:
    source, sections = Text("f", SOURCE), parse_ini(SOURCE)
    assert apply(SOURCE, [remove(source, sections[0].pairs[0])]) == SOURCE.removeprefix("top = 1\n")
    assert [s.name for s in parse_ini(apply(SOURCE, [remove(source, sections[1])]))] == ["", 'a "b"']


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


def test_properties() -> None:
    text = "# c\n! d\na.b=1\nc : two words\nd three\ne\nf\\ g = \\u00e9\\t\\ud83d\\ude00\nlist = x,\\\n   y\n\nz="
    pairs = parse_properties(text)
    assert {p.key: p.value for p in pairs} == {
        "a.b": "1",
        "c": "two words",
        "d": "three",
        "e": None,
        "f g": "é\t😀",
        "list": "x,y",
        "z": "",
    }
    values = {p.key: text[p.value_span.start : p.value_span.end] for p in pairs}
    assert values["c"] == "two words" and values["list"] == "x,\\\n   y"


def test_a_bad_unicode_escape_is_a_problem() -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse_properties("a=1\nb=x\\u12")
    assert problem.value.offset == 7


@given(
    st.sampled_from(["", "a=1", "k = old\nb=2\n", "k\r\n"]), st.text(st.characters(exclude_categories=["Cs"]))
)
def test_set_properties_are_read_back(text: str, value: str) -> None:
    after = apply(text, properties.set_value(Text("f", text), parse_properties(text), "k", value))
    pairs = parse_properties(after)
    assert [p.value for p in pairs if p.key == "k"] == [value]
    assert properties.set_value(Text("f", after), pairs, "k", value) == []


@given(st.text(alphabet="a=: \\\n\ru0#") | st.text())
def test_any_text_is_properties_or_a_problem(text: str) -> None:
    try:
        pairs = parse_properties(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for pair in pairs:
        assert "\\" in text or text[pair.key_span.start : pair.key_span.end] == pair.key

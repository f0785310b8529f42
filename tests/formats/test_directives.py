from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, apply
from batten.formats.directives import parse_directives, set_value
from batten.formats.document import Text

SOURCE = "# c\nBind 127.0.0.1 ::1\r\nrequirepass \"a\\x41\\n\\\"b\" # x\nrename-command FLUSHALL ''\nsave 'it\\'s'\n"


def test_lines() -> None:
    lines = parse_directives(SOURCE)
    assert [(x.keyword, x.values) for x in lines] == [
        ("bind", ["127.0.0.1", "::1"]),
        ("requirepass", ['aA\n"b', "#", "x"]),
        ("rename-command", ["FLUSHALL", ""]),
        ("save", ["it's"]),
    ]
    for line in lines:
        assert SOURCE[line.keyword_span.start : line.keyword_span.end].lower() == line.keyword
        for word in line.args:
            assert word.quoted or SOURCE[word.start : word.end] == word.text


@pytest.mark.parametrize(("text", "offset"), [('a "b\n', 2), ("x 1\na 'b", 6), ('a "b"c', 5)])
def test_problems_say_where(text: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse_directives(text)
    assert problem.value.offset == offset


@given(st.sampled_from(["", "a 1", "k old\nb 2\n", "K\r\n"]), st.lists(st.text(), min_size=1, max_size=3))
def test_set_values_are_read_back(text: str, values: list[str]) -> None:
    after = apply(text, set_value(Text("f", text), parse_directives(text), "k", values))
    lines = parse_directives(after)
    assert [x.values for x in lines if x.keyword == "k"] == [values]
    assert set_value(Text("f", after), lines, "k", values) == []


@given(st.text(alphabet="ax \"'\\\n\r#0") | st.text())
def test_any_text_is_lines_or_a_problem(text: str) -> None:
    try:
        lines = parse_directives(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for word in (w for x in lines for w in x.args):
        assert word.quoted or text[word.start : word.end] == word.text

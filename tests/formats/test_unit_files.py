from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem
from batten.formats.systemd import parse_unit, words

SOURCE = """\
# a comment \\
[Unit]
Description=Orders
; another

[Service]
Environment="A=b c" D='e' \\
  # in between
  F=g
ExecStart=/bin/old
ExecStart=
ExecStart=/bin/new --x=1
"""


def test_sections_and_continued_lines() -> None:
    unit, service = parse_unit(SOURCE)
    assert [(p.key, p.value) for p in unit.pairs] == [("Description", "Orders")]
    (environment,) = service.all("Environment")
    assert [w.text for w in words(SOURCE, environment)] == ["A=b c", "D=e", "F=g"]
    assert [SOURCE[w.span.start : w.span.end] for w in words(SOURCE, environment)] == [
        '"A=b c"',
        "D='e'",
        "F=g",
    ]
    assert SOURCE[service.span.start : service.span.end].endswith("--x=1")


def test_an_empty_setting_takes_those_before_away() -> None:
    service = parse_unit(SOURCE)[1]
    assert [p.value for p in service.all("ExecStart")] == ["/bin/new --x=1"]
    last = service.last("ExecStart")
    assert last is not None and last.value == "/bin/new --x=1" and service.last("User") is None


@pytest.mark.parametrize("text", ["a=b\n", "[Service\n", "[Service]\nExecStart\n"])
def test_what_systemd_ignores_is_a_problem(text: str) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse_unit(text)
    assert problem.value.hint


@given(st.text("[]=\\\n\r\"' #;ab%", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        sections = parse_unit(text)
    except SyntaxProblem:
        return
    for pair in (p for s in sections for p in s.pairs):
        assert text[pair.key_span.start : pair.key_span.end] == pair.key
        for word in words(text, pair):
            assert pair.value_span.start <= word.span.start < word.span.end <= pair.value_span.end

"""Files of one setting a line, and the edits that keep all of their other bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batten.formats import SyntaxProblem, apply
from batten.formats.document import Text
from batten.formats.keyed import (
    parse_equals,
    parse_properties,
    parse_spaced,
    set_equals,
    set_property,
    set_spaced,
    without,
)
from batten.formats.pairs import Pair

Parse = Callable[[str], list[Pair]]


def told(parse: Parse, text: str) -> list[tuple[str, str | None]]:
    pairs = parse(text)
    for pair in pairs:  # spans are where the words are
        written = text[pair.value_span.start : pair.value_span.end]
        assert pair.value is None or pair.quoted or "\\" in written or written == pair.value
    return [(pair.key, pair.value) for pair in pairs]


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (parse_spaced, "listener 1883\n# a comment\n\n", [("listener", "1883")]),
        (parse_spaced, "  topic  a/# out \r\nbare\n", [("topic", "a/# out"), ("bare", None)]),
        (parse_equals, "a.b = c # why\nd=  e f\n", [("a.b", "c"), ("d", "e f")]),
        (parse_equals, "password = 'a # b' # why\nempty =\n", [("password", "a # b"), ("empty", "")]),
        (parse_properties, "a=b\nc: d\ne f\ng\n", [("a", "b"), ("c", "d"), ("e", "f"), ("g", "")]),
        (parse_properties, "! no\n# no \\\na = b # c\n", [("a", "b # c")]),
        (parse_properties, "a=one,\\\n   two,\\\r\n\tthree\nb=1\n", [("a", "one,two,three"), ("b", "1")]),
        (parse_properties, "a\\:b\\ c=d\\u0041\\t\n", [("a:b c", "dA\t")]),
        (parse_properties, "last=\\", [("last", "")]),
    ],
)
def test_pairs(parse: Parse, text: str, expected: list[tuple[str, str | None]]) -> None:
    assert told(parse, text) == expected


def test_a_line_without_a_sign_is_a_problem() -> None:
    with pytest.raises(SyntaxProblem, match="not `key = value`"):
        parse_equals("a = b\nheartbeat 30\n")


@pytest.mark.parametrize(
    ("parse", "put", "text", "expected"),
    [
        (parse_spaced, set_spaced, "a 1\nk old\n", "a 1\nk new\n"),
        (parse_spaced, set_spaced, "a 1\nk\n", "a 1\nk new\n"),
        (parse_spaced, set_spaced, "a 1\n# end\n", "a 1\nk new\n# end\n"),
        (parse_equals, set_equals, "k = one\nk = old # why\n", "k = one\nk = new # why\n"),
        (parse_equals, set_equals, "", "k = new\n"),
        (parse_properties, set_property, "a=1\r\n", "a=1\r\nk=new\r\n"),
        (parse_properties, set_property, "k=one,\\\n  two\nb=1\n", "k=new\nb=1\n"),
    ],
)
def test_a_value_is_put_in(parse: Parse, put: Callable[..., list[object]], text: str, expected: str) -> None:
    source = Text("f", text)
    made = apply(text, put(source, parse(text), "k", "new"))  # type: ignore[arg-type]
    assert made == expected
    assert put(Text("f", made), parse(made), "k", "new") == []


def test_a_value_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="line"):
        set_spaced(Text("f", ""), [], "k", "a\nb")


def test_a_key_is_taken_out_with_its_lines() -> None:
    text = "a=1\nk=one,\\\n  two\nb=2\nk=3\n"
    assert apply(text, without(Text("f", text), parse_properties(text), "k")) == "a=1\nb=2\n"

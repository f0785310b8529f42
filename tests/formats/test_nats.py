"""NATS's configuration language, and edits of it."""

from __future__ import annotations

import pytest

from batten.formats import SyntaxProblem, apply
from batten.formats.document import Text
from batten.formats.nats import parse, remove, set_value
from batten.formats.tree import Plain, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("port: 4222\nHOST = 'a b'\nlog \"x\\ty\"\n", {"port": "4222", "host": "a b", "log": "x\ty"}),
        ("a { b: yes, c: off; d 1k }", {"a": {"b": True, "c": False, "d": "1k"}}),
        ("a: [1, 'two'\n three] # c\nb: {}\n// d\n", {"a": ["1", "two", "three"], "b": {}}),
        ("users = [ {user: a, password: $PASS}\n {user: b, password: \"$2a$11$x\"} ]",
         {"users": [{"user": "a", "password": "${PASS}"}, {"user": "b", "password": "$2a$11$x"}]}),
        ("a: 1\na: 2\n", {"a": "2"}),
        ("listen: 127.0.0.1:4222\nurl: nats://a:b@c:1 # why\n", {"listen": "127.0.0.1:4222", "url": "nats://a:b@c:1"}),
        ("", {}),
    ],
)  # fmt: skip
def test_what_is_written(text: str, expected: Plain) -> None:
    assert plain(parse(text)) == expected


@pytest.mark.parametrize("text", ["a {", "a: [1", "a: 'b", "} a", "a:", "a {" * 100])
def test_what_is_not_closed_is_a_problem(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        parse(text)


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("port: 1\n", ("port",), "2", "port: 2\n"),
        ("port: 1\n", ("tls", "verify"), "true", "port: 1\ntls: { verify: true }\n"),
        ("a {\n  b: 1\n}\n", ("a", "c"), "2", "a {\n  b: 1\n  c: 2\n}\n"),
        ("a { b: 1 }\n", ("a", "c"), "2", "a { b: 1 ; c: 2 }\n"),
        ("", ("port",), "2", "port: 2\n"),
    ],
)
def test_a_value_is_put_in(text: str, path: tuple[str, ...], value: str, expected: str) -> None:
    made = apply(text, set_value(Text("f", text), parse(text), path, value))
    assert made == expected
    assert set_value(Text("f", made), parse(made), path, value) == []


def test_an_entry_is_taken_out() -> None:
    text = "a: 1\nb: 2 # why\nc { d: 1, e: 2 }\n"
    assert apply(text, remove(Text("f", text), parse(text), ("a",))) == "b: 2 # why\nc { d: 1, e: 2 }\n"
    assert remove(Text("f", text), parse(text), ("c", "x")) == []

from __future__ import annotations

import json as stdlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.formats.document import SyntaxProblem
from batten.formats.json import LazyMapping, LazySequence, parse
from batten.formats.tree import Mapping, Node, Plain, Scalar, Sequence, key_path, plain


def walked(text: str, node: Node) -> Plain:
    """The value made from the nodes alone; every span must read as its node does."""
    alone = text[node.span.start : node.span.end]
    assert stdlib.loads(alone) == plain(node)
    assert alone == alone.strip()
    if isinstance(node, Scalar):
        assert (node.style == '"') == isinstance(node.value, str)
        return node.value
    if isinstance(node, Sequence):
        return [walked(text, item) for item in node]
    for entry in node:
        assert stdlib.loads(text[entry.key.span.start : entry.key.span.end]) == entry.key.value
    return {key: walked(text, entry.value) for key, entry in node.entries.items()}


def fault(text: str) -> SyntaxProblem:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert 0 <= caught.value.offset <= len(text)
    assert caught.value.hint
    return caught.value


def test_spans_count_characters() -> None:
    text = '\r\n{"é😀": "ü",\r\n "a":[ 1 , {"b" : [true]} ,-2.5e3],"c":null}\r\n'
    root = parse(text)
    assert walked(text, root) == {"é😀": "ü", "a": [1, {"b": [True]}, -2500.0], "c": None}
    node = key_path(root, "é😀")
    assert node is not None and text[node.span.start : node.span.end] == '"ü"'


def test_nodes_are_made_when_asked_for() -> None:
    root = parse('{"a": [{"b": 1}]}')
    assert isinstance(root, LazyMapping) and isinstance(root, Mapping) and root.flow
    items = root.sequence("a")
    assert isinstance(items, LazySequence) and len(items) == 1
    assert items is root["a"]
    root.entries = {}
    items.items = []
    assert list(root) == [] and len(items) == 0


def test_escapes_msgspec_refuses_are_read() -> None:
    text = r'{"\ud800": {"a": "\udfff"}, "b": ["\ud800", [1]]}'
    assert walked(text, parse(text)) == stdlib.loads(text)
    assert walked('{"\ud800": {"a": [1]}}', parse('{"\ud800": {"a": [1]}}')) == {"\ud800": {"a": [1]}}


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ('{"a": 1, "a": 2}', "`a` is defined twice", 9),
        ('[{"b": "a"}, {"é": {"a": 1, "\\u0061": 2}}]', "`a` is defined twice", 28),
        ('{"a": NaN}', "NaN", 6),
        ('["NaN", -Infinity]', "-Infinity", 8),
        ("[1] x", "text after the end", 4),
        ("", "Expecting value", 0),
        ('{"a": 1,}', "", 8),
        ("[1,]", "", 3),
        ("{'a': 1}", "", 1),
        ("\ufeff{}", "BOM", 0),
        ("[" * 10_000, "nested deeper", 200),
        ("[" * 201 + "]" * 201, "nested deeper", 200),
        ('{"a":' * 10_000, "nested deeper", 1000),
        ("[" + "9" * 5000 + "]", "too many digits", 1),
        ("// no\n{}", "Expecting value", 0),
        ('"\x01"', "control character", 1),
    ],
)
def test_faults(text: str, words: str, at: int) -> None:
    problem = fault(text)
    assert words in str(problem)
    assert problem.offset in (at, at - 1)  # Python 3.13 points at the comma itself


@pytest.mark.parametrize(
    ("text", "hint"),
    [('{"a": 1,}', "comma"), ("[1,]", "comma"), ("{'a': 1}", "double quotes"), ("# c\n1", "comments"), ("[1] 2", "one value")],
)  # fmt: skip
def test_hints(text: str, hint: str) -> None:
    assert hint in fault(text).hint


def test_two_hundred_levels_are_read() -> None:
    text = "[" * 200 + "]" * 200
    assert walked(text, parse(text)) == stdlib.loads(text)


SYNTAX = st.text(alphabet=st.sampled_from('[]{},:"\\ \n-+.eEu0159atrufalsn\ud800é😀\x00'), max_size=30)


@given(
    st.one_of(
        SYNTAX, st.text(max_size=30), st.binary(max_size=30).map(lambda b: b.decode("utf-8", "replace"))
    )
)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_tree_or_a_problem(text: str) -> None:
    try:
        root = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
    else:
        walked(text, root)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=5), below, max_size=4),
    max_leaves=15,
)


@given(VALUES, st.sampled_from([None, 0, 2, "\t"]), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_json_writes_reads_back(
    value: Plain, indent: int | str | None, ascii: bool, windows: bool
) -> None:
    text = stdlib.dumps(value, indent=indent, ensure_ascii=ascii)
    text = text.replace("\n", "\r\n") if windows else text
    root = parse(text)
    assert walked(text, root) == value
    assert plain(root) == value

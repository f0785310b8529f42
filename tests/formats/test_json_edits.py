from __future__ import annotations

import json as stdlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.formats.document import Text, Uneditable, apply
from batten.formats.json import parse
from batten.formats.json_edits import append_item, remove, set_value
from batten.formats.paths import Path, same, with_value, without
from batten.formats.tree import Plain, plain
from batten.model import Edit

SPREAD = """{
    "a": 1,
    "list": [
        1,
        {"x": 2}
    ],
    "empty": {},
    "line": {"b": [1, 2]}
}
"""


def edited(text: str, change: Callable[..., list[Edit]], *arguments: object, **options: bool) -> str:
    return apply(text, change(Text("f", text), parse(text), *arguments, **options))


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("a",), '"é"', '"a": 1', '"a": "é"'),
        (("a",), "1", "", ""),
        (("a",), "true", '"a": 1', '"a": true'),
        (("list", 1, "y"), "3", '{"x": 2}', '{"x": 2, "y": 3}'),
        (("list", 2), "3", '{"x": 2}\n', '{"x": 2},\n        3\n'),
        (("empty", "q", "r"), "3", "{}", '{\n        "q": {\n            "r": 3\n        }\n    }'),
        (("new", 0), "3", "[1, 2]}\n", '[1, 2]},\n    "new": [\n        3\n    ]\n'),
        (("line", "b", 0), "5", "[1, 2]", "[5, 2]"),
    ],
)
def test_set_value(path: Path, value: str, old: str, new: str) -> None:
    expected = SPREAD.replace(old, new, 1)
    assert edited(SPREAD, set_value, path, value) == expected
    windows = SPREAD.replace("\n", "\r\n")
    assert edited(windows, set_value, path, value) == expected.replace("\n", "\r\n")


def test_append_item() -> None:
    assert edited(SPREAD, append_item, ("list",), "1") == SPREAD
    assert edited(SPREAD, append_item, ("line", "b"), "3") == SPREAD.replace("[1, 2]", "[1, 2, 3]")
    assert edited(SPREAD, append_item, ("line", "c"), "3") == SPREAD.replace("[1, 2]", '[1, 2], "c": [3]')
    assert edited("[]", append_item, (), "3") == "[\n  3\n]"
    assert edited('{"a":[]}', append_item, ("a",), "3") == '{"a":[3]}'


def test_remove() -> None:
    assert edited(SPREAD, remove, ("a",)) == SPREAD.replace('"a": 1,\n    ', "")
    assert edited(SPREAD, remove, ("line",)) == SPREAD.replace(',\n    "line": {"b": [1, 2]}', "")
    assert edited(SPREAD, remove, ("list", 1)) == SPREAD.replace(',\n        {"x": 2}', "")
    assert edited(SPREAD, remove, ("list", 1, "x")) == SPREAD.replace('{"x": 2}', "{}")
    assert edited(SPREAD, remove, ("list", 1, "x"), prune=True) == SPREAD.replace(',\n        {"x": 2}', "")
    assert edited(SPREAD, remove, ("nothing",)) == SPREAD


@pytest.mark.parametrize(
    ("change", "arguments"),
    [
        (set_value, (("a", "b"), "1")),
        (set_value, (("a",), "nonsense")),
        (set_value, (("new", 1), "1")),
        (set_value, (("list", 7), "1")),
        (append_item, (("a",), "1")),
        (remove, ((),)),
    ],
)
def test_what_cannot_be_edited(change: Callable[..., list[Edit]], arguments: tuple[object, ...]) -> None:
    with pytest.raises(Uneditable):
        edited(SPREAD, change, *arguments)


KEYS = st.sampled_from(["a", "b", "é", "c d"])
VALUES: st.SearchStrategy[Plain] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=10,
)
PATHS = st.lists(KEYS | st.integers(0, 3), min_size=1, max_size=4).map(tuple)
TEXTS = st.builds(
    lambda value, indent, windows: stdlib.dumps(value, indent=indent).replace("\n", "\r\n" if windows else "\n"),
    st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from([None, 2, "\t"]), st.booleans(),
)  # fmt: skip


@given(TEXTS, PATHS, VALUES)
@settings(max_examples=300, deadline=None)
def test_set_value_gives_what_was_asked(text: str, path: Path, wanted: Plain) -> None:
    value = stdlib.dumps(wanted)
    try:
        result = edited(text, set_value, path, value)
    except Uneditable:
        return
    assert same(plain(parse(result)), with_value(plain(parse(text)), path, wanted))
    assert set_value(Text("f", result), parse(result), path, value) == []


@given(TEXTS, PATHS)
@settings(max_examples=200, deadline=None)
def test_remove_gives_what_was_asked(text: str, path: Path) -> None:
    try:
        edits = remove(Text("f", text), parse(text), path)
    except Uneditable:
        return
    if edits:
        assert plain(parse(apply(text, edits))) == without(plain(parse(text)), path)

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml as pyyaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from batten.formats.document import Text, Uneditable, apply
from batten.formats.paths import Path, same, value_at, with_value, without
from batten.formats.tree import Plain, plain
from batten.formats.yaml import parse, parse_all
from batten.formats.yaml_edits import append_item, remove, set_block, set_value, source_of
from batten.model import Edit

COMPOSE = """\
# top
services:
  api:
    image: "nginx:1"  # pin
    ports:   # published
    - "80:80"   # all
    - {target: 1, published: 2}
    environment:
      A: 1
    command: |
      foo

      bar
    empty:
    flow: {a: 1}
    list: [a, b]   # c
  db: {image: pg}
users:
- name: x
  id: 1
- name: y
# end
"""


def edited(text: str, change: Callable[..., list[Edit]], *arguments: object, **options: bool) -> str:
    """The text after the change, which must be the same for Windows' line ends and be done after once."""
    result = _once(text, change, arguments, options)
    if "\n" in text:
        windows = _once(text.replace("\n", "\r\n"), change, arguments, options)
        assert windows == result.replace("\n", "\r\n")
    if change is not remove:
        assert change(Text("f", result), parse(result), *arguments, **options) == []
    return result


def _once(
    text: str, change: Callable[..., list[Edit]], arguments: tuple[object, ...], options: dict[str, bool]
) -> str:
    return apply(text, change(Text("f", text), parse(text), *arguments, **options))


API = ("services", "api")


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ((*API, "image"), "nginx:2", '"nginx:1"', '"nginx:2"'),
        ((*API, "image"), "true", '"nginx:1"', "true"),
        ((*API, "user"), "'1000'", "   # c\n", "   # c\n    user: '1000'\n"),
        ((*API, "ports", 0), "127.0.0.1:80:80", '"80:80"', '"127.0.0.1:80:80"'),
        ((*API, "ports", 1), "x: 1\ny: 2", "{target: 1, published: 2}", "x: 1\n      y: 2"),
        ((*API, "ports"), "[]", ':   # published\n    - "80:80"   # all\n    - {target: 1, published: 2}', ": []   # published"),
        ((*API, "environment"), "x", ":\n      A: 1", ": x"),
        ((*API, "environment", "B"), "|\n  x\n  y", "A: 1\n", "A: 1\n      B: |\n        x\n        y\n"),
        ((*API, "empty", "q", "r"), "1", "empty:\n", "empty:\n      q:\n        r: 1\n"),
        ((*API, "empty"), "1", "empty:\n", "empty: 1\n"),
        ((*API, "flow", "b"), "c: 1\nd: 2", "{a: 1}", "{a: 1, b: {c: 1, d: 2}}"),
        ((*API, "flow", "b"), "c: 1", "{a: 1}", "{a: 1, b: {c: 1}}"),
        ((*API, "command"), "z", "|\n      foo\n\n      bar", "z"),
        (("services", "db", "opt", "sec"), "- a", "{image: pg}", "{image: pg, opt: {sec: [a]}}"),
        (("services", "new", "opt", 0, "z"), "- a", "pg}\n", "pg}\n  new:\n    opt:\n    - z:\n      - a\n"),
        (("users", 0, "id"), "a: 1", "id: 1", "id:\n    a: 1"),
        (("users", 2), "name: z", "- name: y\n", "- name: y\n- name: z\n"),
    ],
)  # fmt: skip
def test_set_value(path: Path, value: str, old: str, new: str) -> None:
    assert edited(COMPOSE, set_value, path, value) == COMPOSE.replace(old, new, 1)


def test_set_value_without_keeping_quotes() -> None:
    assert "image: nginx:2  # pin" in edited(
        COMPOSE, set_value, (*API, "image"), "nginx:2", keep_quotes=False
    )
    assert edited("a: 'x'\n", set_value, ("a",), "it's") == "a: 'it''s'\n"


def test_set_value_that_is_there_already() -> None:
    assert edited(COMPOSE, set_value, (*API, "image"), "nginx:1") == COMPOSE
    assert edited("a: true\n", set_value, ("a",), "'true'") == "a: 'true'\n"


def test_set_block_keeps_the_comment_behind_the_key() -> None:
    old = 'image: "nginx:1"  # pin\n'
    new = "image:  # pin\n      a: 1\n      b:\n      - c\n"
    assert edited(COMPOSE, set_block, (*API, "image"), "a: 1\nb:\n- c\n") == COMPOSE.replace(old, new)


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ((*API, "ports"), "x: 1\ny: 2", "published: 2}\n", "published: 2}\n    - x: 1\n      y: 2\n"),
        ((*API, "list"), "c, d", "[a, b]", '[a, b, "c, d"]'),
        ((*API, "cap_drop"), "ALL", "   # c\n", "   # c\n    cap_drop:\n    - ALL\n"),
        (("services", "db", "cap_drop"), "ALL", "{image: pg}", "{image: pg, cap_drop: [ALL]}"),
        ((*API, "empty"), "ALL", "empty:\n", "empty:\n    - ALL\n"),
        ((*API, "list"), "a", "", ""),
    ],
)
def test_append_item(path: Path, value: str, old: str, new: str) -> None:
    assert edited(COMPOSE, append_item, path, value) == COMPOSE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("path", "prune", "old", "new"),
    [
        (("users", 0, "name"), False, "- name: x\n  id", "- id"),
        (("users", 0), False, "- name: x\n  id: 1\n", ""),
        (("users", 1), False, "- name: y\n", ""),
        (("users", 1, "name"), False, "- name: y\n", "- {}\n"),
        (("users", 1, "name"), True, "- name: y\n", ""),
        ((*API, "environment", "A"), False, "environment:\n      A: 1", "environment: {}"),
        ((*API, "environment", "A"), True, "    environment:\n      A: 1\n", ""),
        ((*API, "ports", 0), False, '    - "80:80"   # all\n', ""),
        ((*API, "list", 0), False, "[a, b]", "[b]"),
        ((*API, "list", 1), False, "[a, b]", "[a]"),
        (("services", "db", "image"), False, "{image: pg}", "{}"),
        ((*API, "command"), False, "    command: |\n      foo\n\n      bar\n", ""),
        (("nothing", "here"), False, "", ""),
    ],
)
def test_remove(path: Path, prune: bool, old: str, new: str) -> None:
    assert edited(COMPOSE, remove, path, prune=prune) == COMPOSE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "k:\n  m: v\n"),
        ("# c\n", "# c\nk:\n  m: v\n"),
        ("---\n", "---\nk:\n  m: v\n"),
        ("a: 1", "a: 1\nk:\n  m: v"),
        ("{}\n", "k:\n  m: v\n"),
        ("k: {}\n", "k:\n  m: v\n"),
        ("k: ~ # c\n", "k: # c\n  m: v\n"),
        ("a:\n    b: 1\n", "a:\n    b: 1\nk:\n    m: v\n"),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\nk:\n  m: v\n"),
        ("k: {a: 1,\n    b: 2,\n}\n", "k: {a: 1,\n    b: 2,\n    m: v,\n}\n"),
        ('{\n  "k": {\n    "a": 1\n  }\n}\n', '{\n  "k": {\n    "a": 1,\n    "m": v\n  }\n}\n'),
        ("k: !x\n  a: 1\n", "k: !x\n  a: 1\n  m: v\n"),
    ],
)
def test_missing_parents_are_made(text: str, expected: str) -> None:
    assert edited(text, set_value, ("k", "m"), "v") == expected


SHARED = "base: &b {x: 1}\nuse:\n  <<: *b\n  z: {y: *b}\nwhole: *b\n"


def test_a_merged_key_is_overridden_not_changed() -> None:
    assert edited(SHARED, set_value, ("use", "x"), "2") == SHARED.replace("{y: *b}\n", "{y: *b}\n  x: 2\n")
    assert edited(SHARED, set_value, ("use", "x"), "1") == SHARED


def test_an_alias_is_replaced_or_removed_as_written() -> None:
    assert edited(SHARED, set_value, ("whole",), "n") == SHARED.replace("whole: *b", "whole: n")
    assert edited(SHARED, remove, ("whole",)) == SHARED.replace("whole: *b\n", "")
    assert edited("a: &a x\nb:\n- *a\n- c\n", remove, ("b", 0)) == "a: &a x\nb:\n- c\n"


@pytest.mark.parametrize(
    ("text", "change", "arguments"),
    [
        (SHARED, set_value, (("whole", "x"), "2")),
        (SHARED, remove, (("use", "x"),)),
        ("a: 1\n", set_value, (("a", "b"), "2")),
        ("a: 1\n", append_item, (("a",), "2")),
        ("a: 1\n", set_value, (("a",), "[")),
        ("a: 1\n", set_value, (("b", 1), "x")),
        ("a: 1\n", remove, ((),)),
        ("a: &x 1\nb: *x\n", remove, (("a",),)),
    ],
)
def test_what_cannot_be_edited(
    text: str, change: Callable[..., list[Edit]], arguments: tuple[object, ...]
) -> None:
    with pytest.raises(Uneditable):
        change(Text("f", text), parse(text), *arguments)


def test_one_document_of_several() -> None:
    text = "a: 1\n---\na: 1\n---\na: 1\n"
    root = parse_all(text)[1]
    assert apply(text, set_value(Text("f", text), root, ("b",), "2")) == "a: 1\n---\na: 1\nb: 2\n---\na: 1\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("word", "word"), ("yes", '"yes"'), ("1", '"1"'), ("80:80", '"80:80"'), (True, "true"), (None, "null"), (1, "1"), ("", '""'), ("a: b", '"a: b"'), ("null", '"null"'), ("-", '"-"')],
)  # fmt: skip
def test_source_of(value: str | bool | int | None, expected: str) -> None:
    assert source_of(value) == expected


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_source_of_reads_back(value: str) -> None:
    assume(
        not any(
            0xD800 <= ord(c) < 0xE000 or 0x7F <= ord(c) < 0xA0 or c in "\ufeff\ufffe\uffff\u2028\u2029"
            for c in value
        )
    )
    assert plain(parse(source_of(value))) == value


LEAVES = st.sampled_from([None, True, 1, 1.5, "x", "yes", "80:80", "a b", "it's", "two\nlines\n", "- no"])
KEYS = st.sampled_from(["a", "b", "c-d", "e", "8", "on"])
TREES: st.SearchStrategy[Plain] = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(st.one_of(KEYS, st.integers(0, 3)), min_size=1, max_size=4).map(tuple)


class Wide(pyyaml.SafeDumper):
    """Writes lists indented, as many people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


@st.composite
def texts(draw: st.DrawFn) -> str:
    value = draw(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
    text = pyyaml.dump(
        value, Dumper=draw(st.sampled_from([Wide, pyyaml.SafeDumper])), sort_keys=False,
        default_flow_style=draw(st.sampled_from([False, False, None])), indent=draw(st.sampled_from([2, 4])),
    )  # fmt: skip
    text = "".join(
        line.rstrip("\n") + ("  # note\n" if line.rstrip()[-1:].isalnum() and "lines" not in line and "two" not in line else "\n")
        for line in text.splitlines(keepends=True)
    ) if draw(st.booleans()) else text  # fmt: skip
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(texts(), PATHS, TREES)
@settings(max_examples=400, deadline=None)
def test_set_value_gives_what_was_asked_or_nothing(text: str, path: Path, wanted: Plain) -> None:
    value = pyyaml.safe_dump(wanted, sort_keys=False).removesuffix("...\n").rstrip("\n")
    try:
        edits = set_value(Text("f", text), parse(text), path, value)
    except Uneditable:
        return
    result = apply(text, edits)
    assert plain(parse(result)) == with_value(plain(parse(text)), path, plain(parse(value + "\n")))
    assert (
        text.count("# note") - result.count("# note") == 0 or value_at(plain(parse(text)), path) is not None
    )
    assert set_value(Text("f", result), parse(result), path, value) == []


@given(texts(), PATHS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_remove_gives_what_was_asked_or_nothing(text: str, path: Path, prune: bool) -> None:
    before = plain(parse(text))
    try:
        edits = remove(Text("f", text), parse(text), path, prune=prune)
    except Uneditable:
        return
    after = plain(parse(apply(text, edits)))
    if not edits:
        assert after == before
    elif not prune:
        assert after == without(before, path)


@given(texts(), KEYS, TREES)
@settings(max_examples=200, deadline=None)
def test_a_root_key_can_always_be_added(text: str, key: str, wanted: Plain) -> None:
    before = plain(parse(text))
    assert isinstance(before, dict)
    assume(key not in before)
    value = pyyaml.safe_dump(wanted, sort_keys=False).removesuffix("...\n").rstrip("\n")
    after = apply(text, set_value(Text("f", text), parse(text), (key,), value))
    assert plain(parse(after)) == {**before, key: plain(parse(value + "\n"))}


LONG = "a: 1\n" + "services:\n" + "".join(
    f"  s{n}: # of {n}\n    image: a:{n}\n    ports:\n      - '{n}:80'\n      - name: p{n}\n        to: |\n          x\n\n    empty:\n"
    for n in range(12)
) + "list:\n- a\n- b: c\n- - d\n"  # fmt: skip
PATHS = st.one_of(
    st.tuples(st.just("services"), st.sampled_from(["s0", "s5", "s11", "new"]), st.sampled_from(["image", "empty", "new"])),
    st.tuples(st.just("services"), st.sampled_from(["s0", "s5", "s11"]), st.just("ports"), st.sampled_from([0, 1])),
    st.tuples(st.just("services"), st.just("s7"), st.just("ports"), st.just(1), st.sampled_from(["name", "to", "new"])),
    st.tuples(st.just("list"), st.sampled_from([0, 1, 2])),
)  # fmt: skip


@given(
    PATHS,
    st.sampled_from(["x", "[1, 2]", "{a: b}", "'q'", "a: b\nc: d", "- a\n- b", "|\n  x\n  y"]),
    st.booleans(),
)
def test_what_is_proved_by_its_own_lines_holds_for_the_whole(path: Path, value: str, gone: bool) -> None:
    root = parse(LONG)
    source = Text("a.yaml", LONG)
    try:
        edits = remove(source, root, path) if gone else set_value(source, root, path, value)
    except Uneditable:
        return
    now = plain(parse(apply(LONG, edits)))
    if not gone:
        assert same(now, with_value(plain(root), path, plain(parse(value + "\n"))))
    elif edits:
        assert same(now, without(plain(root), path))

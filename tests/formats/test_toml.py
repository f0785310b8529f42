from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.formats.document import SyntaxProblem, Text, Uneditable, apply
from batten.formats.paths import Path, same, with_value
from batten.formats.toml import parse, set_value
from batten.formats.tree import Mapping, Node, Plain, Scalar, key_path, plain

TEXT = '''# é😀
title = "x" # c
"quoted key".'b' = 1
[server]
port = 0x1F
hosts = [ # all
  "a", 'b', # c
  """
m\\
  n""",
]
limits = { cpu.max = 1.5, "m" = [1, {x = true}] }
when = 1979-05-27 07:32:00Z
[[users]]
name = "é"
[users.more]
a = 1
[[users]]
name = \'\'\'q'q\'\'\'\'\'
[server.tls]
on = true
'''


def source(text: str, *keys: str) -> str:
    node = key_path(parse(text), *keys)
    assert node is not None
    return text[node.span.start : node.span.end]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_tree(newline: str) -> None:
    text = TEXT.replace("\n", newline)
    expected = tomllib.loads(text)
    expected["server"]["when"] = "1979-05-27 07:32:00Z"
    root = parse(text)
    assert plain(root) == expected
    _check_scalars(text, root)
    assert source(text, "title") == '"x"'
    assert source(text, "server", "limits") == '{ cpu.max = 1.5, "m" = [1, {x = true}] }'
    assert source(text, "server", "tls") == newline.join(("[server.tls]", "on = true"))


def _check_scalars(text: str, node: Node) -> None:
    if isinstance(node, Scalar):
        value = tomllib.loads(f"v = {text[node.span.start : node.span.end]}")["v"]
        assert value == node.value or not isinstance(value, (str, int, float, bool))
        return
    for child in [entry.value for entry in node] if isinstance(node, Mapping) else node.items:
        _check_scalars(text, child)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a = 1\na = 2\n", 11),
        ('"é" = ', 6),
        ("a = [1,", 7),
        ("[a]\n[a]\n", 6),
        ("a = 1\r\nb\r\n", 8),
        ("x = \ud800", 4),
    ],
)
def test_faults(text: str, at: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert abs(caught.value.offset - at) <= 1
    assert caught.value.hint


@pytest.mark.parametrize("text", ["a = " + "[" * 10_000, "a = " + "{a=" * 10_000, "a = " + "[" * 300 + "]" * 300, ".".join("a" * 5000) + " = 1", "[" + ".".join("a" * 300) + "]"])  # fmt: skip
def test_deep_texts(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        parse(text)


SYNTAX = st.text(alphabet=st.sampled_from("ab1 \n\r\t=.,[]{}#\"'\\-:é😀\x00\ud800"), max_size=30)


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
        assert plain(root) == tomllib.loads(text)


KEYS = st.sampled_from(["a", "b", '"c d"', "'e.f'", "g-1", '"\\u00e9"'])
SCALARS = st.sampled_from(
    ["1", "-0x0", "+1_000", "1.5e3", "inf", "true", '"x # y"', "'[q]'", '"""\nm"q""\n\\"""""', "'''\n'a''b\n'''", '"\\n\\u00e9"', '""', "''''''"]
).filter(lambda v: v != "-0x0")  # fmt: skip
GAPS = st.sampled_from(["", " ", "\n ", " # c ]\n"])
INLINE = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(st.tuples(below, GAPS), max_size=3).map(
            lambda p: "[" + "".join(f"{v}{g},{g}" for v, g in p) + "]"
        ),
        st.lists(st.tuples(KEYS, below), max_size=3, unique_by=lambda p: p[0]).map(
            lambda p: "{ " + ", ".join(f"{k} = {v}" for k, v in p) + " }"
        ),
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.builds(lambda ks, v, c: f"{'.'.join(ks)} = {v}{c}", st.lists(KEYS, min_size=1, max_size=3), INLINE, st.sampled_from(["", "  # c"])),
    st.builds(lambda ks, array: f"[[{' . '.join(ks)}]]" if array else f"[ {'.'.join(ks)} ] # h", st.lists(KEYS, min_size=1, max_size=3), st.booleans()),
    st.sampled_from(["", "# c"]),
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Lines kept while tomllib takes them, so that most documents are rich and valid."""
    text = ""
    for line in draw(st.lists(LINES, max_size=8)):
        try:
            tomllib.loads(text + line + "\n")
        except tomllib.TOMLDecodeError:
            continue
        text += line + "\n"
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(documents())
@settings(max_examples=300, deadline=None)
def test_tree_is_what_tomllib_reads(text: str) -> None:
    root = parse(text)
    assert plain(root) == tomllib.loads(text)
    _check_scalars(text, root)


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("title",), "'y'", '"x"', "'y'"),
        (("title",), "'x'", "", ""),
        (("new",), "1", "'b' = 1\n", "'b' = 1\nnew = 1\n"),
        (("server", "x y"), "[1]", "07:32:00Z\n", '07:32:00Z\n"x y" = [1]\n'),
        (("server", "limits", "z"), "1", "{x = true}] }", "{x = true}], z = 1 }"),
        (("server", "tls", "a", "b"), "1", "on = true\n", "on = true\na.b = 1\n"),
        (("users", 0, "more", "b"), "1", "[users.more]\na = 1\n", "[users.more]\na = 1\nb = 1\n"),
        (("tool", "x", "y"), "1", "on = true\n", "on = true\n\n[tool.x]\ny = 1\n"),
    ],
)
def test_set_value(path: Path, value: str, old: str, new: str) -> None:
    for text, expected in (
        (TEXT, TEXT.replace(old, new, 1)),
        (_windows(TEXT), _windows(TEXT.replace(old, new, 1))),
    ):
        result = apply(text, set_value(Text("f", text), parse(text), path, value))
        assert result == expected
        assert set_value(Text("f", result), parse(result), path, value) == []


def _windows(text: str) -> str:
    return text.replace("\n", "\r\n")


@pytest.mark.parametrize(("path", "value"), [(("title", "x"), "1"), (("title",), "["), (("users", 5), "1")])
def test_what_cannot_be_edited(path: Path, value: str) -> None:
    with pytest.raises(Uneditable):
        set_value(Text("f", TEXT), parse(TEXT), path, value)


PATHS = st.lists(st.sampled_from(["a", "b", "c d", "new"]) | st.integers(0, 1), min_size=1, max_size=3).map(
    tuple
)


@given(documents(), PATHS, INLINE)
@settings(max_examples=200, deadline=None)
def test_set_value_gives_what_was_asked_or_nothing(text: str, path: Path, value: str) -> None:
    wanted: Plain = tomllib.loads(f"v = {value}")["v"]
    try:
        result = apply(text, set_value(Text("f", text), parse(text), path, value))
    except Uneditable:
        return
    assert same(plain(parse(result)), with_value(plain(parse(text)), path, wanted))
    assert set_value(Text("f", result), parse(result), path, value) == []

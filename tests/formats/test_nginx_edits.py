from __future__ import annotations

import pytest

from batten.formats import apply
from batten.formats.document import Text
from batten.formats.lines import remove, replace
from batten.formats.nginx import Directive, parse
from batten.formats.nginx_edits import append, prepend


def block(text: str) -> Directive:
    return parse(text).children[0]


def appended(text: str, line: str = "b 2;") -> str:
    return apply(text, [append(Text("f", text), block(text), line)])


def prepended(text: str, line: str = "b 2;") -> str:
    return apply(text, [prepend(Text("f", text), block(text), line)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s {\n  a 1;\n}\n", "s {\n  a 1;\n  b 2;\n}\n"),
        ("s {\n\ta 1; # why\n}\n", "s {\n\ta 1; # why\n\tb 2;\n}\n"),
        ("s {\r\n  a 1;\r\n}\r\n", "s {\r\n  a 1;\r\n  b 2;\r\n}\r\n"),
        ("s { a 1; }", "s { a 1; b 2; }"),
        ("s {a 1;}", "s {a 1; b 2;}"),
        ("s {}", "s {\n    b 2;\n}"),
        ("s { }\n", "s {\n    b 2;\n}\n"),
        ("s {\n}\n", "s {\n    b 2;\n}\n"),
        ("s {\n    # nothing\n}\n", "s {\n    # nothing\n    b 2;\n}\n"),
        ("s {\n  a 1; }\n", "s {\n  a 1;\n  b 2;\n}\n"),
        ("s { a 1;\n}\n", "s { a 1;\n    b 2;\n}\n"),
        ("s {\n  l {\n    a;\n  }\n}\n", "s {\n  l {\n    a;\n  }\n  b 2;\n}\n"),
    ],
)
def test_append(before: str, after: str) -> None:
    assert appended(before) == after
    assert block(after).children[-1].values == ["2"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s {\n  a 1;\n}\n", "s {\n  b 2;\n  a 1;\n}\n"),
        ("s { # why\n  a 1;\n}\n", "s { # why\n  b 2;\n  a 1;\n}\n"),
        ("s { a 1; }", "s { b 2; a 1; }"),
        ("s {}", "s {\n    b 2;\n}"),
    ],
)
def test_prepend(before: str, after: str) -> None:
    assert prepended(before) == after
    assert block(after).children[0].values == ["2"]


@pytest.mark.parametrize("text", ["s { a 1; }", "s {\n a 1; }", "s {}", "s {\n a;\n}", "s { a;\n}"])
def test_lines_with_comments_and_several_lines(text: str) -> None:
    for change in (appended, prepended):
        names = [c.name for c in block(change(text, "b 2; # why\nc 3;")).children]
        assert sorted(names) == sorted([c.name for c in block(text).children] + ["b", "c"])


def test_the_root_is_a_block() -> None:
    for text in ("", "a 1;", "a 1;\n", "a 1; # c"):
        root = parse(text)
        for edit in (append, prepend):
            after = apply(text, [edit(Text("f", text), root, "b 2;")])
            assert len(parse(after).children) == len(root.children) + 1


def test_replace_and_remove() -> None:
    text = "s {\n  a 1; # why\n  b 2;\n}\n"
    a, b = block(text).children
    source = Text("f", text)
    assert apply(text, [replace(source, a, "c 3;")]) == "s {\n  c 3; # why\n  b 2;\n}\n"
    assert apply(text, [remove(source, b)]) == "s {\n  a 1; # why\n}\n"
    assert block(apply(text, [remove(source, a)])).children[0].name == "b"
    line = "s { a 1; b 2; }"
    assert apply(line, [remove(Text("f", line), block(line).children[1])]) == "s { a 1; }"


def test_remove_takes_back_what_append_wrote() -> None:
    for text in ("s {\n  a 1;\n}\n", "s { a 1; }", "s {\r\n a;\r\n}"):
        after = appended(text)
        assert apply(after, [remove(Text("f", after), block(after).children[-1])]) == text


def test_a_simple_directive_holds_nothing() -> None:
    with pytest.raises(ValueError, match="no directives inside"):
        append(Text("f", "a 1;"), block("a 1;"), "b;")

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.formats.document import SyntaxProblem, Text
from batten.formats.python import nodes, parse, span


def segments(text: str, kind: type[ast.AST]) -> list[str]:
    source = Text("f.py", text)
    spans = [span(source, node) for node in ast.walk(parse(text)) if isinstance(node, kind)]
    return [text[s.start : s.end] for s in sorted(spans, key=lambda s: (s.start, s.end))]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_spans_count_characters(newline: str) -> None:
    text = newline.join(("é = f('😀', key='ü')  # ñ", "\x0cdef g(a):", "    return 'ü\x0c' + zed", ""))
    assert segments(text, ast.Call) == ["f('😀', key='ü')"]
    assert segments(text, ast.Constant) == ["'😀'", "'ü'", "'ü\x0c'"]
    assert segments(text, ast.keyword) == ["key='ü'"]
    assert segments(text, ast.FunctionDef) == [newline.join(("def g(a):", "    return 'ü\x0c' + zed"))]


def test_a_string_over_lines_and_separators_that_end_no_line() -> None:
    text = 'a = """é\r\n\x0b\x1c\x85\u2028ü"""; b = 1\r\n'
    assert segments(text, ast.Constant) == ['"""é\r\n\x0b\x1c\x85\u2028ü"""', "1"]


def test_a_node_without_place_has_an_empty_span() -> None:
    assert span(Text("f.py", "x"), parse("x")).end == 0


def test_odd_escapes_do_not_warn() -> None:
    assert segments("a = '\\d'", ast.Constant) == ["'\\d'"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("é = (", 4), ("x = 1\r\ny = = 2\r\n", 11), ("a = 1\0", 5), ("x = '\ud800'", 5), ("\ufeffx", 0),
        ("if 1:\n\tx\n        y", 9), ("9" * 5000, 0),
    ],
)  # fmt: skip
def test_faults(text: str, at: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert abs(caught.value.offset - at) <= 1
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["(" * 10_000, "-" * 100_000 + "1", "a" + ".b" * 100_000, "1" + "+1" * 100_000, "not " * 50_000 + "1", "a" + "()" * 50_000, "lambda:" * 20_000 + "1"],
)  # fmt: skip
def test_deep_texts(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        parse(text)


SYNTAX = st.text(alphabet=st.sampled_from("ab1é😀 \n\r\t\x0c=()[]{}:.,'\"\\#+-\x00\ud800"), max_size=40)


@given(
    st.one_of(
        SYNTAX, st.text(max_size=40), st.binary(max_size=40).map(lambda b: b.decode("utf-8", "replace"))
    )
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_module_or_a_problem(text: str) -> None:
    source = Text("f.py", text)
    try:
        module = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for node in ast.walk(module):
        place = span(source, node)
        assert 0 <= place.start <= place.end <= len(text)
        if isinstance(node, ast.Name):
            assert text[place.start : place.end].isidentifier()


def test_the_nodes_of_a_tree_are_those_of_the_standard_library() -> None:
    tree = parse(
        "import a\n\n@a.b(c=1)\ndef f(x: int = 2, *y) -> str:\n    return f'{x!r}' if y[0] else {1: [*y]}\n"
    )
    walked = [n for n in ast.walk(tree) if not isinstance(n, ast.expr_context)]
    assert nodes(tree) == walked

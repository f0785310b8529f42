from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem
from batten.formats.lighttpd import DEEPEST, Assignment, Block, Form, Include, parse, walk

TEXT = """# first
server.modules += ( "mod_a", # why
    "mod_b", )
var.base = "/srv" + var.x + 1
$HTTP["url"] =~ "^/a\\"b\\." { server.tag = "" }
else $HTTP["host"] == "b"
{
    include "b.conf"
}
else {
    ssl.conf := ( "a" => ( "b" => 1 ), "c" )
}
global { include_shell "ls " + server.port }
if $SERVER["socket"] == ":1" { } elseif $HTTP["scheme"] != "http" { a = 1 b = 2 }
"""


def test_statements_and_their_spans() -> None:
    statements = parse(TEXT)
    kinds = [type(s).__name__ for s in walk(statements)]
    assert kinds.count("Assignment") == 6 and kinds.count("Block") == 6 and kinds.count("Include") == 2
    for statement in walk(statements):
        text = TEXT[statement.span.start : statement.span.end]
        match statement:
            case Assignment(name, operator, value, _):
                assert text.startswith(name) and operator in text
                assert text.endswith(TEXT[value.span.start : value.span.end])
            case Include(_, shell, _):
                assert text.startswith("include_shell" if shell else "include ")
            case Block(_, _, _, _, body):
                assert text.endswith("}") and TEXT[body.start - 1] == "{" and TEXT[body.end] == "}"


def test_only_quotes_are_escaped() -> None:
    block = parse(TEXT)[2]
    assert isinstance(block, Block) and block.condition is not None
    assert block.condition.value.text == '^/a"b\\.'
    (tag,) = parse(r'server.tag = "a\\\"b"')
    assert isinstance(tag, Assignment) and tag.value.text == r"a\\" + '"b'


def test_arrays_hold_keys_arrays_and_sums() -> None:
    (line,) = parse('a = ( "k" => ( "b" => 1 ), "c" + var.d, ) + ( 2 )')
    assert isinstance(line, Assignment) and line.value.form is Form.SUM
    first, second = line.value.parts[0].entries
    assert first.key is not None and first.key.text == "k" and first.value.entries[0].value.text == "1"
    assert second.key is None and second.value.form is Form.SUM


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('a = "b', 4),
        ("a = ", 4),
        ("a b", 2),
        ("a = ( 1", 7),
        ("}", 0),
        ('$HTTP["url"] "x" { }', 13),
        ("else { }", 0),
        ("a = 'b'", 4),
        ('server.tag = "a\\"', 13),
    ],
)
def test_what_is_no_configuration(text: str, at: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert caught.value.offset == at and caught.value.hint


@pytest.mark.parametrize(
    "opening", ["a = " + "(" * 2000, 'a = ( "b" => ' + "( 1, " * 2000, '$HTTP["url"] == "a" {\n' * 2000]
)
def test_depth_is_bounded(opening: str) -> None:
    assert DEEPEST < 100
    with pytest.raises(SyntaxProblem, match="too deeply"):
        parse(opening)


@given(st.text(alphabet='ab."\\=>()+,{}[]$~!^#: \n\r\t1', max_size=60))
def test_anything_is_a_tree_or_a_problem(text: str) -> None:
    try:
        statements = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
    else:
        for statement in walk(statements):
            assert 0 <= statement.span.start < statement.span.end <= len(text)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, apply
from batten.formats.document import Text
from batten.formats.expressions import (
    Access,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Object,
    Operation,
    Parentheses,
    Splat,
    Template,
    Traversal,
    Tuple,
)
from batten.formats.hcl import Body, parse
from batten.formats.hcl_edits import append_block, append_in, remove, set_attribute

SOURCE = """\
# é😀
resource "aws_s3_bucket" b {
  bucket = "é-${var.x}" # after
  tags = { Name = "n", "s" : 2, (var.k) = 3 }
  rule {
    on = true
  }
}
locals { a = 1 }
"""


def expression(text: str) -> Expression:
    return parse(f"x = {text}\n").attributes["x"].expression


def test_blocks_and_spans() -> None:
    body = parse(SOURCE)
    assert [(b.type, b.labels) for b in body.walk()] == (
        [("resource", ["aws_s3_bucket", "b"]), ("rule", []), ("locals", [])]
    )
    block = body.blocks[0]
    assert SOURCE[block.head.start : block.head.end] == 'resource "aws_s3_bucket" b'
    assert SOURCE[block.span.start : block.span.end].endswith("  }\n}")
    assert SOURCE[block.body.span.start - 1] == "{" and SOURCE[block.body.span.end] == "}"
    bucket = block.body.attributes["bucket"]
    assert SOURCE[bucket.expression.span.start : bucket.expression.span.end] == '"é-${var.x}"'
    assert isinstance(bucket.expression, Template)
    assert [SOURCE[p.span.start : p.span.end] for p in bucket.expression.parts] == ["é-", "var.x"]
    tags = block.body.attributes["tags"].expression
    assert isinstance(tags, Object)
    assert isinstance(tags.items[2].key, Parentheses)
    name, second = tags.get("Name"), tags.get("s")
    assert isinstance(name, Literal) and name.value == "n"
    assert isinstance(second, Literal) and second.value == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\n\\"\\u00e9"', 'a\n"é'),
        ('"$${x} %%{y}"', "${x} %{y}"),
        ('""', ""),
        ("1.5", 1.5),
        ("12", 12),
        ("true", True),
        ("null", None),
        ("<<EOT\n  a $${b}\n\n c\nEOT", "  a ${b}\n\n c\n"),
        ("<<-EOT\n    a\n      b\n  EOT", "a\n  b\n"),
        ("<<EOT\nEOT", ""),
    ],
)
def test_literals(text: str, value: object) -> None:
    found = expression(text)
    assert isinstance(found, Literal)
    assert found.value == value


def test_heredoc_with_interpolation() -> None:
    found = expression("<<-EOT\n    hi ${x} !\n      there\n  EOT")
    assert isinstance(found, Template) and found.heredoc
    assert [p.value if isinstance(p, Literal) else type(p) for p in found.parts] == [
        "hi ",
        Traversal,
        " !\n  there\n",
    ]


def test_traversals() -> None:
    steps = {
        "var.x": ("x",),
        "a.b[0].c": ("b", 0, "c"),
        'a["k"].z': ("k", "z"),
        "a.*.id": (Splat(), "id"),
        "a[*].id": (Splat(), "id"),
        "a.0.b": (0, "b"),
    }
    for text, expected in steps.items():
        found = expression(text)
        assert isinstance(found, Traversal)
        assert found.steps == expected
        assert found.span.end - found.span.start == len(text)
    indexed = expression("a[each.key].b")
    assert isinstance(indexed, Traversal) and isinstance(indexed.steps[0], Index)
    assert isinstance(expression("f(1)[0].x"), Access)


def test_compound_expressions() -> None:
    call = expression("f(1, x...)")
    assert isinstance(call, Call) and call.spread and len(call.args) == 2
    assert isinstance(expression("[1, 2,]"), Tuple)
    conditional = expression('a.b == "" ? c : d[0]')
    assert isinstance(conditional, Conditional)
    assert isinstance(conditional.condition, Operation) and conditional.condition.operator == "=="
    total = expression("-1 + (a.b) * !c.d")
    assert isinstance(total, Operation) and total.operator == "+" and len(total.operands) == 2
    listed = expression("[for k, v in m : v.id if v.on]")
    assert isinstance(listed, For) and listed.names == ("k", "v") and listed.key is None
    assert listed.condition is not None
    mapped = expression("{ for k, v in m : k => v... }")
    assert isinstance(mapped, For) and mapped.key is not None and mapped.grouped
    control = expression('"%{ if x ~}a%{ else }b%{ endif }"')
    assert isinstance(control, Template)


@pytest.mark.parametrize(
    "text", ["a = ", "a = [1", 'a = "x', "b {", "}", "a = 1 b = 2", "a = 1\na = 2\n", "{}"]
)
def test_problems(text: str) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse(text)
    assert 0 <= problem.value.offset <= len(text)
    assert problem.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 10_000,
        "x = " + "[" * 1000 + "]" * 1000,
        "x = " + "!" * 5000 + "a",
        "x = " + "1 + " * 5000 + "1",
        "x = " + "(" * 500 + "1" + ")" * 500,
        "x = " + '"${' * 500 + "1" + '}"' * 500,
        "a {\n" * 500 + "}\n" * 500,
    ],
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        parse(text)


def test_what_people_nest_is_read() -> None:
    expression("[" * 40 + "]" * 40)
    expression("f(" * 40 + "1" + ")" * 40)
    parse("a {\n" * 100 + "x = [[[[[1]]]]]\n" + "}\n" * 100)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("r a {\n  x = 1\n}\n", "r a {\n  x = 1\n  k = true\n}\n"),
        ("r a {\r\n  x = 1 # c\r\n}\r\n", "r a {\r\n  x = 1 # c\r\n  k = true\r\n}\r\n"),
        ("r a {\n  k = 1 # c\n}\n", "r a {\n  k = true # c\n}\n"),
        ("r a {}\n", "r a {\n  k = true\n}\n"),
        ("r a { x = 1 }\n", "r a {\n  x = 1\n  k = true\n}\n"),
        ("r a {\n  # c\n}\n", "r a {\n  # c\n  k = true\n}\n"),
        ("r a {\n  b {\n  }\n}\n", "r a {\n  k = true\n  b {\n  }\n}\n"),
        ("r a {\n  x = 1\n\n  b {\n  }\n}\n", "r a {\n  x = 1\n  k = true\n\n  b {\n  }\n}\n"),
        ("r a {\n  x = <<E\nhi\nE\n}\n", "r a {\n  x = <<E\nhi\nE\n  k = true\n}\n"),
    ],
)
def test_set_attribute(before: str, after: str) -> None:
    changed = apply(before, [set_attribute(Text("f", before), parse(before).blocks[0], "k", "true")])
    assert changed == after
    again = set_attribute(Text("f", changed), parse(changed).blocks[0], "k", "true")
    assert apply(changed, [again]) == changed


@pytest.mark.parametrize("text", ["", "a = 1", "a = 1\n", "b {\n}\n", "a = 1\nb {\n}"])
def test_set_attribute_at_the_top(text: str) -> None:
    changed = apply(text, [set_attribute(Text("f", text), parse(text), "k", "[1]")])
    assert isinstance(parse(changed).attributes["k"].expression, Tuple)


def test_blocks_are_added_and_removed() -> None:
    text = "r a {\n  x = 1\n}\n\nr b {\n}\n"
    source, body = Text("f", text), parse(text)
    after = apply(text, [append_block(source, body.blocks[0], "s c {\n}\n")])
    assert [b.type for b in parse(after).blocks] == ["r", "s", "r"]
    last = apply(text, [append_block(source, None, "s c {\n}\n")])
    assert last == text + "\ns c {\n}\n"
    nested = apply(text, [append_in(source, body.blocks[0], "n {\n  y = 2\n}")])
    assert nested.startswith("r a {\n  x = 1\n\n  n {\n    y = 2\n  }\n}\n")
    assert apply(text, [remove(source, body.blocks[0].body.attributes["x"])]).startswith("r a {\n}\n")
    assert len(parse(apply(text, [remove(source, body.blocks[1])])).blocks) == 1


PIECES = st.lists(
    st.sampled_from(
        [
            "a",
            " = ",
            "1",
            '"',
            "${",
            "}",
            "{",
            "[",
            "]",
            "(",
            ")",
            "\n",
            "x {\n",
            ".b",
            ".*",
            "[0]",
            "<<E\n",
            "E\n",
            "é",
            *("for ", " in ", " : ", " ? ", "%{", " + ", "\\", ",", "=>", "null"),
        ]
    ),
    max_size=20,
).map("".join)


@given(PIECES | st.text())
def test_any_text_is_a_body_or_a_problem(text: str) -> None:
    try:
        body = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    assert isinstance(body, Body)
    for attribute in body.attributes.values():
        assert text[attribute.span.start :].startswith(attribute.name)


@given(PIECES)
def test_any_expression_is_read_or_a_problem(text: str) -> None:
    try:
        expression(text)
    except (SyntaxProblem, KeyError):
        return

"""Trees of XML, and the places in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, xml


def test_places_are_those_of_the_text() -> None:
    text = '<?xml version="1.0"?>\n<a xmlns="urn:x" b="1>2">é<!-- <c/> -->\n <c d=\'"\'>one</c><c/>\n</a>\n'
    tree = xml.parse(text)
    first, second = tree.children
    assert (tree.name, tree.attributes, first.attributes) == ("a", {"b": "1>2"}, {"d": '"'})
    assert text[first.inside.start : first.inside.end] == "one" == first.text
    assert text[first.span.start : first.span.end] == "<c d='\"'>one</c>"
    assert text[second.span.start : second.span.end] == "<c/>"
    assert text[tree.span.start : tree.span.end] == text[22:-1]
    assert [one.text for one in tree.all("c")] == ["one", ""]
    assert (tree.value("c"), tree.value("d")) == ("one", "")


def test_elements_are_handed_on_when_they_end() -> None:
    text = (
        "<r><m><c>no</c></m>" + "".join(f"<c><n>{n}</n><c><n>in{n}</n></c></c>" for n in range(5000)) + "</r>"
    )
    told = [one.value("n") for one in xml.elements(text, "c", apart="m")]
    assert told[:4] == ["in0", "0", "in1", "1"]
    assert len(told) == 10_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a></b>", "mismatched tag"),
        ("<a", "unclosed token"),
        ("", "no element found"),
        ("<a>&b;</a>", "undefined entity"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "the entity `b` is declared"),
        ("<a>" * 300 + "</a>" * 300, "nested deeper than 200 levels"),
    ],
)
def test_what_is_no_document_is_told(text: str, said: str) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        xml.parse(text)
    assert said in str(raised.value)
    assert 0 <= raised.value.offset <= len(text)


@given(st.text(alphabet="<>/ab=\"'&;!é \n", max_size=60))
def test_any_text_is_a_tree_or_a_problem(text: str) -> None:
    try:
        tree = xml.parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
    else:
        assert text[tree.span.start] == "<"
        assert text[tree.span.end - 1] == ">"

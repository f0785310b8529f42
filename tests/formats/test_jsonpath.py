from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem
from batten.formats.jsonpath import Run, select
from batten.formats.tree import Plain

DOCUMENT: Plain = {
    "servers": [{"url": "http://a"}, {"url": "https://b", "n": 2, "on": True}],
    "paths": {"/a": {"get": {"x": 1}, "post": {"y": [1, 2, 3]}}},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$", [""]),
        ("$.servers[0].url", ["servers.0.url"]),
        ("$.servers[-1]", ["servers.1"]),
        ("$.servers[5]", []),
        ("$.paths.*.get", ["paths./a.get"]),
        ("$..url", ["servers.0.url", "servers.1.url"]),
        ("$.paths['/a']['get', \"post\"]", ["paths./a.get", "paths./a.post"]),
        ("$..y[1:]", ["paths./a.post.y.1", "paths./a.post.y.2"]),
        ("$..y[::-2]", ["paths./a.post.y.2", "paths./a.post.y.0"]),
        ("$.servers[?@.url == 'http://a']", ["servers.0"]),
        ("$.servers[?(@.n >= 2 && !@.z)].url", ["servers.1.url"]),
        ("$.servers[?@.on==true || @.url=='http://a']", ["servers.0", "servers.1"]),
        ("$.servers[?@.n==true]", []),
        ("$.servers[?@.url < 'http:z' || 1 > 2]", ["servers.0"]),
        ("$.paths.*[?@.y]", ["paths./a.post"]),
        ("$.servers[?$.paths['/a']]", ["servers.0", "servers.1"]),
        ("$.servers[?@.none == @.neither]", ["servers.0", "servers.1"]),
    ],
)
def test_what_is_selected(expression: str, expected: list[str]) -> None:
    assert [".".join(place) for place in select(expression, Run(DOCUMENT))] == expected


@pytest.mark.parametrize(
    "wrong", ["", "servers", "$.", "$[", "$[?", "$[?length(@.a)]", "$.a b", "$[?1]", "@.a", "$[(1)]"]
)
def test_what_is_no_expression_is_refused(wrong: str) -> None:
    with pytest.raises(SyntaxProblem, match="JSONPath is invalid at character"):
        select(wrong, Run(DOCUMENT))


@given(st.text("$@.[]*?'\"()!&|=<>:,0aé -", max_size=30))
def test_every_text_is_read_or_refused(text: str) -> None:
    try:
        select(f"${text}", Run(DOCUMENT))
    except SyntaxProblem as error:
        assert error.hint


def test_what_looks_at_too_much_is_refused() -> None:
    with pytest.raises(SyntaxProblem, match="looks at more than"):
        select("$..[?@..[?@..x]]", Run(DOCUMENT, left=50))

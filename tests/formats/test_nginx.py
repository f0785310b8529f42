from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem
from batten.formats.nginx import Directive, parse

SOURCE = """\
# edge
user www;
http {
    server { listen 80; } # one line
    map $uri $x { "~^/a{2}$" "b;c"; default ''; }
    server {
        server_name a${b}c "d\\"e";
        location ~ \\.php$ { root /srv\\;x; }
        content_by_lua_block {
            -- } not here
            local s = "}" .. '{' .. [[ } ]]
            if s then ngx.say({1, 2}) end
        }
        if ($x = "y") { return 403; }
    }
}
"""


def test_blocks_and_words() -> None:
    root = parse(SOURCE)
    assert [c.name for c in root.children] == ["user", "http"]
    http = root.children[1]
    assert [c.name for c in http.children] == ["server", "map", "server"]
    server = http.all("server")[1]
    names = server.first("server_name")
    assert names is not None
    assert names.values == ["a${b}c", 'd"e']
    assert [a.quoted for a in names.args] == [False, True]
    location = server.first("location")
    assert location is not None
    assert location.values == ["~", "\\.php$"]
    assert location.children[0].values == ["/srv\\;x"]
    lua = server.first("content_by_lua_block")
    assert lua is not None and lua.raw and lua.body is not None and not lua.children
    assert SOURCE[lua.body.start : lua.body.end].rstrip().endswith("end")
    condition = server.first("if")
    assert condition is not None
    assert condition.values == ["($x", "=", "y", ")"]
    assert len(list(root.walk())) == 14


def test_spans_are_exact() -> None:
    for directive in parse(SOURCE).walk():
        whole = SOURCE[directive.span.start : directive.span.end]
        head = SOURCE[directive.head.start : directive.head.end]
        assert whole.startswith(head) and directive.name in head
        assert whole[-1] == (";" if directive.body is None else "}")
        if directive.body is not None:
            assert SOURCE[directive.body.start - 1] == "{" and SOURCE[directive.body.end] == "}"
        for word in directive.args:
            raw = SOURCE[word.start : word.end]
            assert (raw[0] in "\"'") == word.quoted
            assert word.quoted or "\\" in raw or raw == word.text


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a; }", 3),
        ("a; ;", 3),
        ("  { }", 2),
        ('a "b', 2),
        ("a { b;", 0),
        ("a { b }", 4),
        ("a b", 0),
        ('a "b"c;', 5),
        ("x_by_lua_block { { } ", 0),
    ],
)
def test_problems_say_where(text: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse(text)
    assert problem.value.offset == offset
    assert problem.value.hint


def test_depth_is_bounded() -> None:
    parse("a {" * 200 + "}" * 200)
    with pytest.raises(SyntaxProblem):
        parse("a {" * 100_000)


def test_many_comments_before_an_open_quote_take_no_time() -> None:
    with pytest.raises(SyntaxProblem):
        parse("# # # # # # #\n" * 2000 + '"')


@given(st.text(alphabet="a{};#\"'\\$ \n\r") | st.text())
def test_any_text_is_a_tree_or_a_problem(text: str) -> None:
    try:
        root = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    assert isinstance(root, Directive)
    for directive in root.walk():
        assert text[directive.span.end - 1] in ";}"

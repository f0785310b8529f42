from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem
from batten.formats.ignorefile import excluded, parse


@pytest.mark.parametrize(
    ("patterns", "path", "out"),
    [
        ("*.env", ".env", True),
        ("*.env", "a/.env", False),
        ("**/.env", "a/b/.env", True),
        ("**/.env", ".env", True),
        (".git", ".git/config", True),
        ("/.git/", ".git/config", True),
        ("*", "a/b", True),
        ("*\n!a", "a/b", False),
        ("*\n!a\na/b", "a/b", True),
        ("!a\n*", "a", True),
        ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True),
        ("?.txt", "a.txt", True),
        ("[a-c].txt", "d.txt", False),
        ("[^a].txt", "b.txt", True),
        ("a\\*b", "a*b", True),
        ("# c\n\n", "# c", False),
        ("a+b", "aab", False),
        ("*/temp*", "x/temporary.txt", True),
        ("./a", "a", True),
    ],
)
def test_excluded(patterns: str, path: str, out: bool) -> None:
    assert excluded(parse(patterns), path) is out


@pytest.mark.parametrize(("text", "offset"), [("a\n[b", 2), ("!", 0), ("a\\", 0), ("[z-a]", 0)])
def test_problems_say_where(text: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse(text)
    assert problem.value.offset == offset


@given(st.text(alphabet="a*?[]!\\/.-^\n") | st.text(), st.text(alphabet="ab/.") | st.text())
def test_any_text_is_patterns_or_a_problem(text: str, path: str) -> None:
    try:
        patterns = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for pattern in patterns:
        assert text[pattern.span.start : pattern.span.end].startswith("!") is pattern.exception
    excluded(patterns, path[:20])

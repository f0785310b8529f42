"""Expressions of GitHub Actions: which contexts decide their value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.technologies.pipelines.github_actions.expressions import expressions, meaning


@pytest.mark.parametrize(
    ("text", "contexts"),
    [
        ("github.head_ref", ["github.head_ref"]),
        ("GitHub.Event.Issue['Title']", ["github.event.issue.title"]),
        ("github.event.commits[0].message", ["github.event.commits.*.message"]),
        ("github.event.commits.*.message", ["github.event.commits.*.message"]),
        ("secrets[format('A_{0}', matrix.a)]", ["secrets.*"]),
        ("a.b || c.d", ["a.b", "c.d"]),
        ("a.b && c.d", ["c.d"]),
        ("a.b == 'x' && 'y' || c.d", ["c.d"]),
        ("(a.b)", ["a.b"]),
        ("!a.b", []),
        ("a.b != c.d", []),
        ("format('{0}}}', a.b)", ["a.b"]),
        ("contains(a.b, 'x')", []),
        ("hashFiles(a.b)", []),
        ("fromJSON(toJSON(a.b)).c[0].d", ["a.b"]),
        ("true", []),
        ("-1.5e3", []),
        ("0xff", []),
        ("''", []),
        ("'it''s'", []),
        ("steps.a-b.outputs.c_d", ["steps.a-b.outputs.c_d"]),
    ],
)
def test_contexts(text: str, contexts: list[str]) -> None:
    read = meaning(text)
    assert read is not None and list(read.contexts) == contexts


@pytest.mark.parametrize(
    "text", ["", "a.", "a b", "(a", "f(a", "a['b'", "'open", "a.b ==", "?", "(" * 99 + ")" * 99]
)
def test_what_cannot_be_read(text: str) -> None:
    assert meaning(text) is None


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("a ${{ b.c }} d${{e}}", ["b.c", "e"]),
        ("${{ '}}' }}", ["'}}'"]),
        ("${{ open ${{ b }}", ["b"]),
        ("${{ fromJSON('{\"a\": {}}').a }}", ["fromJSON('{\"a\": {}}').a"]),
        ("$ { { a } }", []),
    ],
)
def test_where_expressions_are(text: str, bodies: list[str]) -> None:
    assert [written.body for written in expressions(text)] == bodies
    assert all(text[w.span.start : w.span.end].startswith("${{") for w in expressions(text))


@given(st.text("ab.'()[]!&|= ,*0${}", max_size=60))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    list(expressions(text))
    read = meaning(text)
    assert read is None or all(isinstance(c, str) and c for c in read.contexts)

"""Words as HAProxy splits them, spans that are exact, edits that keep the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, apply
from batten.formats.document import Text
from batten.formats.haproxy import parse
from batten.formats.haproxy_edits import add_words, after, append, quoted
from batten.formats.lines import before, remove, replace

TEXT = """\
# who we are
global
    log stdout format raw local0  # one line

defaults web
    mode http

frontend www from web
  bind :80
"""


def words(line: str) -> list[str]:
    return parse(f"global\n{line}\n")[0].statements[0].values


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a b\tc", ["a", "b", "c"]),
        (r"rspadd X-Name:\ value", ["rspadd", "X-Name: value"]),
        ('log-format "%ci \\"%r\\""', ["log-format", '%ci "%r"']),
        (r"acl x path_reg '^/\w+$'", ["acl", "x", "path_reg", r"^/\w+$"]),
        (r"a \x41\n\#b # c", ["a", "A\n#b"]),
        ("a \"%{+Q}o %t\"' %s'", ["a", "%{+Q}o %t %s"]),
        ('a ""', ["a", ""]),
        ("a b#c d", ["a", "b"]),
        ('a %[path,regsub("(foo|bar)",blah)]', ["a", "%[path,regsub((foo|bar),blah)]"]),
        ("a\r", ["a"]),
    ],
)
def test_words_are_split_as_haproxy_splits_them(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_only_double_quotes_expand_the_environment() -> None:
    (section,) = parse('global\n a "$X" \'$X\' "\\$X" $X\n')
    assert [w.variable for w in section.statements[0].words] == [False, True, False, False, False]


def test_spans_are_exact() -> None:
    for section in parse(TEXT):
        for statement in (section.head, *section.statements):
            for word in statement.words:
                assert TEXT[word.start : word.end] == word.text
    last = parse(TEXT)[-1]
    assert TEXT[last.span.start : last.span.end] == "frontend www from web\n  bind :80"


def test_sections_have_names_and_parents() -> None:
    assert [(s.kind, s.name, s.parent) for s in parse(TEXT)] == [
        ("global", "", ""),
        ("defaults", "web", ""),
        ("frontend", "www", "web"),
    ]
    assert (parse("defaults from a")[0].name, parse("defaults from a")[0].parent) == ("", "a")


def test_statements_between_if_and_endif_are_conditional() -> None:
    text = "global\n.if defined(X)\n a\n.elif 1\n b\n.endif\n c\n"
    assert [s.conditional for s in parse(text)[0].statements] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "offset", "hint"),
    [
        ("bind :80\n", 0, "move it below"),
        ('global\n log "x\n', 12, "close it"),
        ("global\n log 'x\n", 12, "close it"),
        ("global\n log x\\\n", 13, "without the backslash"),
        ("global\n.if 1\n log x\n", 7, "`.endif`"),
        ("global\n.endif\n", 7, "remove it"),
    ],
)
def test_what_is_no_configuration_says_why(text: str, offset: int, hint: str) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert caught.value.offset == offset
    assert hint in caught.value.hint


def test_edits_keep_comments_and_indentation() -> None:
    source = Text("haproxy.cfg", TEXT)
    first, base, www = parse(TEXT)
    log = first.statements[0]
    assert "    log x  # one line\n" in apply(TEXT, [replace(source, log, "log x")])
    assert "    log stdout format raw local0 info  # one line\n" in apply(
        TEXT, [add_words(source, log, "info")]
    )
    assert "  # one line\n    daemon\n" in apply(TEXT, [append(source, first, "daemon")])
    assert "global\n    a\n    b\n    log" in apply(TEXT, [before(source, log, "a\nb")])
    assert "  bind :80\n  mode tcp\n" in apply(TEXT, [after(source, www, www.statements[0], "mode tcp")])
    assert "defaults web\n    log global\n    mode" in apply(
        TEXT, [after(source, base, base.head, "log global")]
    )
    assert "defaults web\n\nfrontend" in apply(TEXT, [remove(source, base.statements[0])])


def test_edits_keep_carriage_returns() -> None:
    text = TEXT.replace("\n", "\r\n")
    made = apply(text, [append(Text("haproxy.cfg", text), parse(text)[0], "a\nb")])
    assert "one line\r\n    a\r\n    b\r\n" in made
    assert "\n" not in made.replace("\r\n", "")


def test_an_empty_section_is_filled_with_the_indentation_of_the_others() -> None:
    text = "global\nfrontend a\n\tbind :80\n"
    assert apply(text, [append(Text("x", text), parse(text)[0], "daemon")]).startswith("global\n\tdaemon\n")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_quoted_word_is_read_back(text: str) -> None:
    (word,) = parse(f"global\n{quoted('k' + text)}\n")[0].statements[0].words
    assert (word.text, word.variable) == ("k" + text, False)


@given(st.text("ab \t\n\\\"'#$.xif{}global", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        sections = parse("global\n" + text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text) + 7
        return
    for section in sections:
        for statement in section.statements:
            assert statement.span.start < statement.span.end

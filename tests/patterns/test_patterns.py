"""Our two engines against the originals, on expressions and texts that nobody here wrote."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batten.patterns import BadPattern, compiled, fits
from batten.patterns.shell import replaced, without_prefix, without_suffix
from spending import at_most

LETTERS = "abAB1_ .\n-é"
ATOMS = st.sampled_from(
    ["a", "b", "A", "1", "_", " ", "\\.", "-", ".", "\\n", "é", "[ab]", "[^a]", "[a-c_]", "[^\\w]", "[\\W1]", "[\\s-]",
     "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "^", "$", "\\A", "\\Z", "(?=a)", "(?!b)", "(?<=a)",
     "(?i:a)", "(?s:.)", "(?m:^)", "(?m:$)", "[\\d\\D]"]
)  # fmt: skip
SIGNS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "*?", "+?", "*+", "{0,2}", "{2,}"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: f"(?:{a}|{b})", inner, inner),
        st.builds(lambda a: f"({a})", inner),
        st.builds(lambda a, s: f"(?:{a}){s}", inner, SIGNS),
    ),
    max_leaves=8,
)
TEXTS = st.text(LETTERS, max_size=12)


@given(EXPRESSIONS, TEXTS, st.booleans(), st.booleans())
@example("a$", "a\n", False, False)
@example("$a|b\\n$", "b\n", False, False)
@example("\\B", "", False, False)
def test_expressions_mean_what_they_mean_to_python(
    pattern: str, text: str, fold: bool, multiline: bool
) -> None:
    flags = (re.IGNORECASE if fold else 0) | (re.MULTILINE if multiline else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = re.compile(pattern, flags)
    ours = compiled(pattern, ignore_case=fold, multiline=multiline)
    for how in ("search", "match", "fullmatch"):
        said = getattr(ours, how)(text)
        assert said is None or said == (getattr(theirs, how)(text) is not None), how
    found = theirs.search(text)
    for group in range(theirs.groups + 1):
        told = ours.found(text, group)
        assert told is None or (found is not None and told == found[group])


@given(EXPRESSIONS, st.text("ab1_ -", min_size=1, max_size=12))
def test_what_the_linear_engine_takes_is_always_told(pattern: str, text: str) -> None:
    ours = compiled(pattern)
    assert ours.beyond or ours.search(text) is not None


def test_classes_hold_what_pythons_do() -> None:
    for written in (r"\d", r"\s", r"\w", r"\D", r"\S", r"\W"):
        ours, theirs = compiled(written), re.compile(written)
        for code in (*range(0x3000), *range(0xF900, 0x10400)):
            letter = chr(code)
            if unicodedata.category(letter) not in ("Cn", "Cs"):
                assert ours.fullmatch(letter) == (theirs.fullmatch(letter) is not None), (written, hex(code))


HOSTILE = (
    "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*b", "(?:a?){60}a{60}", "(a*)*$",
    "(.*a){25}", ".*.*.*.*.*x", "^(?=(a+)+$)b", "(a+)+\\1$", "((?!b)a+)+$", "^(?>(a+)+)b$", "((a+)+)++b",
)  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("text", ["a" * 60_000 + "!", "x" * 60_000, "ab" * 30_000])
def test_no_expression_holds_a_run(pattern: str, text: str) -> None:
    with at_most(3):
        expression = compiled(pattern)
        for ask in (expression.search, expression.match, expression.fullmatch, expression.found):
            ask(text)
    assert expression.beyond or expression.search(text) is not None


@pytest.mark.parametrize(
    "pattern", ["(", "a**", "[", "(?P<n>a)(?P<n>b)", "(" * 3000 + ")" * 3000, "a" * 20_000]
)
def test_what_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern)


def test_bounded_looking_around_is_answered() -> None:
    assert compiled(r"^(?!.*foo).*bar$").search("a bar") is True
    assert compiled(r"^(?!.*foo).*bar$").search("foo bar") is False
    assert compiled(r"(['\"])x\1").search("say 'x'") is True
    assert compiled(r"(?=(a+)+$)b").search("a" * 50) is None


GLOBS = st.text("ab[]!-*?\\.\n", max_size=10)


@given(GLOBS, st.text("ab[]!-\\.\n", max_size=10))
@example("[!]a", "x")
@example("*[", "a[")
def test_globs_are_fnmatchs(pattern: str, text: str) -> None:
    assert fits(text, pattern) == fnmatch.fnmatchcase(text, pattern)


@given(st.text("ab*?.", max_size=7), st.text("ab.\n", max_size=9))
def test_shell_globs_take_the_shortest_or_longest(glob: str, text: str) -> None:
    signs = {"*": ".*", "?": "."}
    expression = re.compile("(?s:" + "".join(signs.get(c) or re.escape(c) for c in glob) + ")")
    ends = [n for n in range(len(text) + 1) if expression.fullmatch(text, 0, n)]
    starts = [n for n in range(len(text) + 1) if expression.fullmatch(text, n)]
    assert without_prefix(text, glob, False) == (text[ends[0] :] if ends else text)
    assert without_prefix(text, glob, True) == (text[ends[-1] :] if ends else text)
    assert without_suffix(text, glob, False) == (text[: starts[-1]] if starts else text)
    assert without_suffix(text, glob, True) == (text[: starts[0]] if starts else text)
    if glob and not expression.fullmatch(""):
        assert replaced(text, glob, "<>", True) == expression.sub("<>", text)
        assert replaced(text, glob, "<>", False) == expression.sub("<>", text, count=1)


@pytest.mark.parametrize("glob", ["*a" * 400 + "*b", "a*" * 400 + "b", "?*" * 300 + "b", "*[ab]" * 300 + "c"])
def test_no_glob_holds_a_run(glob: str) -> None:
    with at_most(4):
        for text in ("a" * 60_000, "ab" * 30_000):
            fits(text, glob)
            (
                without_prefix(text, glob, True),
                without_suffix(text, glob, False),
                replaced(text, glob, "c", True),
            )

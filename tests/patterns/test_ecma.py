"""Patterns of ECMA-262 in Rust's linear engine: what differs there is written out, or refused with its name."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.patterns.ecma import Foreign, parted, rust, uncounted


def _fits(pattern: str, text: str) -> bool:
    options = jsonschema_rs.RegexOptions()
    made = jsonschema_rs.Draft202012Validator({"pattern": rust(pattern)}, pattern_options=options)
    return made.is_valid(text)


# Expectations are those of ECMA-262 with the flag `u`, or without where that is the only reading.
@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        (r"^\d$", "5", "٣"),
        (r"^\D$", "٣", "5"),
        (r"^\w$", "_", "é"),
        (r"^\W$", "é", "a"),
        (r"^\s$", "\ufeff", "\x85"),
        (r"^\S$", "\x85", "\u2028"),
        (r"^[^\W]$", "a", "é"),
        (r"^[\d\D]$", "é", ""),
        (r"^a$", "a", "a\n"),
        (r"a", "bab", "b"),
        (r"^.$", "😀", "\r"),
        (r"^.$", "\x85", "\u2028"),
        (r"\be", "ée", "ae"),
        (r"\Be", "ae", "e"),
        (r"^\cA$", "\x01", "A"),
        (r"^\0$", "\0", "0"),
        (r"^[\b]$", "\x08", "b"),
        (r"^\u00e9$", "é", "e"),
        (r"^\u{1F600}$", "😀", "u"),
        (r"^\uD83D\uDE00$", "😀", "x"),
        (r"^[\uD83D\uDE00-\uD83D\uDE02]$", "😁", "x"),
        (r"^[a&&b]$", "&", "c"),
        (r"^[[a]$", "[", "b"),
        (r"^[[:alpha:]]$", "a]", "b"),
        (r"^[a~~b]$", "~", "c"),
        (r"^[\w-.]$", "-", "!"),
        (r"^[]$|x", "x", "a"),
        (r"^[^]$", "\n", ""),
        (r"^]$", "]", "a"),
        (r"^a{$", "a{", "a"),
        (r"^\/\-\_\@$", "/-_@", "x"),
        (r"^\p{Lu}+$", "É", "é"),
        (r"^\p{Script=Greek}$", "α", "a"),
        (r"^(?<year>\d{4})$", "2026", "20"),
        (r"^a{2,3}?$", "aaa", "a"),
        (r"^.{1,4096}$", "a", ""),
        (r"^[\w.]{1,5000}$", "a.b", "é"),
        (r"(?i)^ab$", "AB", "c"),
        (r"^a(\.(?i)(jpeg|pdf))$", "a.PDF", "A.pdf"),
        (r"^#$", "#", ""),
        (r"^a b$", "a b", "ab"),
    ],
)
def test_it_means_what_ecma_says(pattern: str, fitting: str, other: str) -> None:
    assert _fits(pattern, fitting)
    assert not _fits(pattern, other)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"^(?=a)a$", "look-ahead"),
        (r"^(?!a)b$", "look-ahead"),
        (r"(?<=a)b", "look-behind"),
        (r"(?<!a)b", "look-behind"),
        (r"(a)\1", "a back-reference"),
        (r"(?<n>a)\k<n>", "a back-reference"),
        (r"(?>a)", "an atomic group"),
        (r"(?x) a", "flags"),
        (r"a++", "a repetition of a repetition"),
        (r"a{2}{3}", "a repetition of a repetition"),
        (r"a{,3}", "a count without its least number"),
        (r"*a", "a repetition of nothing"),
        (r"\Aa\Z", r"\A"),
        (r"a\z", r"\z"),
        (r"\Qa", r"\Q"),
        (r"\uD83D", "half a surrogate pair"),
        ("\ud83d", "half a surrogate pair"),
        (r"[z-a]", "a range from"),
        (r"[a", "ends too early"),
        (r"(a", "ends too early"),
        ("a\\", "ends too early"),
    ],
)
def test_what_is_not_judged_is_named(pattern: str, why: str) -> None:
    with pytest.raises(Foreign, match=why.replace("\\", r"\\")):
        rust(pattern)


@pytest.mark.parametrize(
    ("pattern", "rest", "least", "most"),
    [
        (r"^.{0,262144}$", ".", 0, 262144),
        (r"^[a-z\d]{3,}$", "[a-z0-9]", 3, None),
        (r"^\d{7}$", "[0-9]", 7, 7),
        (r"^\p{L}{2,9}$", r"\p{L}", 2, 9),
    ],
)
def test_counts_of_one_character_are_lengths(pattern: str, rest: str, least: int, most: int | None) -> None:
    assert uncounted(rust(pattern)) == (rust(f"^{rest}*$"), least, most)


@pytest.mark.parametrize(
    "pattern", [r"^a{2}b{3}$", r"a{2}$", r"^a{2}", r"^(ab){2}$", r"^a{2}|b$", r"^[]a]{2}$x"]
)
def test_other_counts_stay(pattern: str) -> None:
    assert uncounted(rust(pattern)) is None


def _accepts(pattern: str, text: str) -> bool:
    wanted, unwanted = parted(pattern)
    return all(_fits(part, text) for part in wanted) and not any(_fits(part, text) for part in unwanted)


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        (r"^(?!aws:)[a-z:]+$", "a:b", ("aws:b", "A", "")),
        (r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?!.*[@'])[ -~]{3,}$", "aB1", ("ab1", "AB1", "aBc", "aB1@", "a1")),
        (r"(?!^.*--)(?!^[0-9]+$)^[a-z0-9-]+$", "a-1", ("a--1", "12", "A")),
        (r"^(?!-)[a-z-]+(?<!-)$", "a-b", ("-ab", "ab-", "")),
        (r"^[a-z.]*(?<!\.)$", "a.b", ("a.", "A")),
        (r"^a(?<=[|)(]|a)$", "a", ("b",)),
        (r"^(?=[)\]|(]+$)(?!\()..$", ")(", ("((", "ab", "))(")),
        (r"^(?=a|b)[a-c]$", "b", ("c",)),
    ],
)
def test_looking_at_an_end_of_the_text_is_parted(pattern: str, fitting: str, others: tuple[str, ...]) -> None:
    assert re.search(pattern.replace("$", r"\Z"), fitting) and _accepts(pattern, fitting)
    for text in others:
        assert not re.search(pattern.replace("$", r"\Z"), text) and not _accepts(pattern, text), text


@pytest.mark.parametrize(
    "pattern", ["a(?=b)c", "(?!a)b", "^(?!a)b|c", "^(?:(?!a)b)$", "^(?=a)*b", "^a(?<=a)b$", "(?<=a)$|b", "^(?=(?!a)b)c", "^(?=a", "(a)(?<=a"]
)  # fmt: skip
def test_looking_elsewhere_stays(pattern: str) -> None:
    with pytest.raises(Foreign):
        for part in (*parted(pattern).all, *parted(pattern).none):
            rust(part)


LOOKS = st.sampled_from(("(?=a)", "(?!ab)", "(?=.*b)", "(?!.*c$)", "^", "a", "b*", "[ab]+", "(?:a|c)", ".", "$", "(?<!c)$", "(?<=b)$"))  # fmt: skip


@given(st.lists(LOOKS, max_size=6).map("".join), st.text("abc", max_size=5))
def test_parts_mean_what_the_whole_does(pattern: str, text: str) -> None:
    try:
        whole = re.search(pattern.replace("$", r"\Z"), text) is not None
        mine = _accepts(pattern, text)
    except (Foreign, re.error, ValueError):
        return
    assert mine == whole

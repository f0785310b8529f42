"""Texts without which an expression is found nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.patterns import needles
from batten.technologies import technologies

EXPRESSIONS = {
    r"^kind:\s*Ingress$": {"Ingress"},
    r"(?:services|volumes):": {"services", "volumes"},
    r"\b(import|from)\s+(flask|fastapi)\b": {"import", "from"},
    r"x(?:abc)+y?": {"abc"},
    r"(?:abc)*def": {"def"},
    r"(?=long enough)l": {"long enough"},
    r"(?!never this)ab": {"ab"},
    r"(?<=before)[a-z]": {"before"},
    r"(?i)anything": set(),
    r"(?i:any)thing": {"thing"},
    r"(?P<a>one|two)(?P=a)": {"one", "two"},
    r"(?:one|\w*)": set(),
    r"[abc]\d": set(),
    r"(?>one)two!": {"two!"},
    r"a|one": set(),
    r"abc|abcdef": {"abc"},
}


@pytest.mark.parametrize(("expression", "held"), EXPRESSIONS.items())
def test_what_an_expression_cannot_do_without(expression: str, held: set[str]) -> None:
    assert set(needles(expression)) == held


@given(st.sampled_from(sorted(EXPRESSIONS)).flatmap(lambda e: st.tuples(st.just(e), st.from_regex(e))))
def test_each_text_in_which_it_is_found_holds_one(given: tuple[str, str]) -> None:
    expression, text = given
    found = needles(expression)
    assert not found or any(needle in text for needle in found)


def test_case_is_not_told_apart_where_the_caller_says_so() -> None:
    assert needles("anything", re.IGNORECASE) == ()
    assert needles("(?-i:any)thing", re.IGNORECASE) == ("any",)


def _asked() -> Iterator[str]:
    for technology in technologies().values():
        yield from (pattern for pattern in (technology.sniff, technology.unless) if pattern)


def _own_texts() -> list[str]:
    """The stacks, and the blocks of the pages one by one."""
    stacks = (p.read_text(errors="replace") for p in Path("tests/stacks").rglob("*") if p.is_file())
    blocks = (b for p in Path("docs").rglob("*.md") for b in p.read_text().split("\n```"))
    return [*stacks, *blocks]


def test_of_what_technologies_are_recognised_by() -> None:
    """On each file that we have ourselves, asking the needles first changes no answer."""
    own, some = _own_texts(), 0
    assert len(own) > 2_000
    for expression in sorted(set(_asked())):
        found, pattern = needles(expression, re.MULTILINE), re.compile(expression, re.MULTILINE)
        some += bool(found)
        for text in own if found else ():
            if pattern.search(text):
                assert any(needle in text for needle in found), (expression, text[:200])
    assert some > 50

"""A text that an expression takes."""

from __future__ import annotations

import pytest

from batten.patterns import compiled, shortest


@pytest.mark.parametrize(
    "pattern",
    [
        r"\.php$",
        r"^/admin/.*\.(css|js)$",
        r"[^/]\.php(/|$)",
        r"^/(?P<a>[a-z]{2,3})/\1$",
        r"(?i)ABC",
        r"[\w-]+\s\d[^\d]",
        r"(a|bb|)+$",
        r"\D\S\W[^x]",
        r"(?>ab|a)c",
        r"[\u00e9-\u00ff]x",
    ],
)
def test_the_text_is_taken(pattern: str) -> None:
    text = shortest(pattern)
    assert text is not None and compiled(pattern).search(text)


@pytest.mark.parametrize("pattern", ["[", "a{400}b{400}", "(" * 3000 + "a" + ")" * 3000, r"[^\s\S]"])
def test_what_has_no_short_text_has_none(pattern: str) -> None:
    assert shortest(pattern) is None

"""f-strings as Python 3.12 and later write them, for an older Python: quotes of the string's own kind stand in their fields.

Source: https://peps.python.org/pep-0701/. What is in a field is not known before the program runs, so nothing of it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = re.compile(r"#[^\n]*|\b([rRbBuUfFtT]{0,2})(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')")
_ENDS = {  # ours: the four quotes
    quote: re.compile(rf"(?:\\.|(?!{quote}).)*(?:{quote}|\Z)", re.DOTALL)
    for quote in ('"""', "'''", '"', "'")
}
_PART = re.compile(r"\{\{|\}\}|\{|\\N\{[^{}\n]{0,80}\}|\\[^{}]", re.DOTALL)


def plain_fields(text: str) -> str:
    """The text with a name of the same length for what is in the fields of its f-strings."""
    made: list[str] = []
    at = 0
    for start, end in _fields(text):
        field = text[start:end]
        keeps = field.isascii() and "\n" not in field and field != ""
        made += (text[at:start], "_" * len(field) if keeps else field)
        at = end
    return "".join((*made, text[at:]))


def _fields(text: str) -> Iterator[tuple[int, int]]:
    """Where the outermost fields are."""
    at = 0
    while (found := _STRING.search(text, at)) is not None:
        at, quote = found.end(), found[2] or found[3]
        if quote is None:
            continue
        if "f" not in (found[1] or "").lower():
            closed = _ENDS[quote].match(text, at)
            at = closed.end() if closed is not None else len(text)
            continue
        while at < len(text) and not text.startswith(quote, at):
            part = _PART.match(text, at)
            if part is None or part[0] != "{":
                at = part.end() if part is not None else at + 1
                continue
            end = _closing(text, at + 1)
            yield at + 1, end
            at = end + 1
        at += len(quote)


def _closing(text: str, at: int) -> int:
    """Where a field ends: braces in it are paired, and its strings are strings of their own."""
    depth = 0
    while at < len(text):
        match text[at]:
            case "{" | "[" | "(":
                depth += 1
            case "}" if depth == 0:
                return at
            case "}" | "]" | ")":
                depth -= 1
            case '"' | "'" as quote:
                closed = _ENDS[quote].match(text, at + 1)
                at = closed.end() - 1 if closed is not None else len(text)
            case _:
                pass
        at += 1
    return len(text)

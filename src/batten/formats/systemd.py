"""Unit files of systemd. Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats.document import SyntaxProblem, bounded
from batten.formats.pairs import Pair
from batten.model import Span

# A line, and those that a backslash at the end joins to it, with comments in between.
_LINE = re.compile(r"(?:[^\n\\]|\\(?!\r?\n))*+(?:\\\r?\n(?:[ \t]*[#;][^\n]*\n)*+(?:[^\n\\]|\\(?!\r?\n))*+)*+")
_JOINED = re.compile(r"\\\r?\n(?:[ \t]*[#;][^\n]*\n)*")
_WORD = re.compile(r"(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|\\(?!\r?\n).?|[^\s\"'\\])+", re.DOTALL)
_QUOTES = re.compile(r"\"((?:\\.|[^\"\\])*)\"?|'((?:\\.|[^'\\])*)'?", re.DOTALL)


@dataclass(slots=True)
class Section:
    """The settings below a `[Name]` line; `span` runs from it to the end of the last of them."""

    name: str
    header: Span
    pairs: list[Pair] = field(default_factory=list)

    @property
    def span(self) -> Span:
        return Span(self.header.start, self.pairs[-1].span.end if self.pairs else self.header.end)

    def all(self, key: str) -> list[Pair]:
        """The settings of a name; an empty one takes those before it away."""
        found: list[Pair] = []
        for pair in self.pairs:
            if pair.key == key:
                found = [*found, pair] if pair.value else []
        return found

    def last(self, key: str) -> Pair | None:
        found = self.all(key)
        return found[-1] if found else None


@dataclass(slots=True)
class Word:
    """A word of a value, without its quotes; `span` covers them."""

    text: str
    span: Span


def parse_unit(text: str) -> list[Section]:
    """The sections in their order; one name may stand twice. Raises SyntaxProblem."""
    bounded(text, "\n")
    sections: list[Section] = []
    at = 0
    while at < len(text):
        found = _LINE.match(text, at)
        end = found.end() if found is not None else len(text)
        line = text[at:end]
        body = line.strip()
        start = at + len(line) - len(line.lstrip())
        if body and body[0] not in "#;\ufeff":
            if body[0] == "[":
                if not body.endswith("]"):
                    raise SyntaxProblem("a section's '[' is not closed", start, "write [Service]")
                sections.append(Section(body[1:-1], Span(start, start + len(body))))
            else:
                key, sign, value = body.partition("=")
                if not sections:
                    raise SyntaxProblem(
                        "a setting is outside every section", start, "start the file with [Unit] or [Service]"
                    )
                if not sign:
                    raise SyntaxProblem("systemd ignores a line without `=`", start, "write Name=value")
                offset = start + len(key) + 1 + len(value) - len(value.lstrip())
                value = value.strip()
                spans = Span(start, start + len(body)), Span(start, start + len(key.rstrip()))
                joined = _JOINED.sub(" ", value)
                sections[-1].pairs.append(
                    Pair(key.strip(), joined, *spans, Span(offset, offset + len(value)))
                )
        elif body:
            end = text.find("\n", at) if "\n" in text[at:] else len(text)  # comments do not go on
        at = end + 1
    return sections


def words(text: str, pair: Pair) -> Iterator[Word]:
    """The words of a setting's value, in the file's text."""
    value = text[pair.value_span.start : pair.value_span.end]
    # What joins lines is as long as it was, so that offsets stay.
    value = _JOINED.sub(lambda found: " " * len(found[0]), value)
    for found in _WORD.finditer(value):
        shown = _QUOTES.sub(lambda quoted: quoted[1] or quoted[2] or "", found[0])
        yield Word(shown, Span(pair.value_span.start + found.start(), pair.value_span.start + found.end()))

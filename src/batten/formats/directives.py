"""Files of `keyword argument …` lines, split as Redis splits them (sds.c, sdssplitargs)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.formats.lines import appended
from batten.formats.words import Word
from batten.model import Edit, Span

_PART = re.compile(
    r'"([^"\\]*+(?:\\[^\n][^"\\]*+)*+)"' r"|'([^'\\]*+(?:\\[^\n][^'\\]*+)*+)'" r"""|([^ \t\r\n\0\f\v"']++)"""
)
_BLANK = re.compile(r"[ \t\r\n\0\f\v]*")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([\s\S]))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_PLAIN = re.compile(r"[^\s\"'\\\0-\x1f]+")


@dataclass(slots=True)
class Line:
    """`keyword` is in lower case; `span` runs from the keyword to the last argument."""

    keyword: str
    args: list[Word]
    span: Span
    keyword_span: Span

    @property
    def values(self) -> list[str]:
        return [a.text for a in self.args]


def parse_directives(text: str) -> list[Line]:
    """The lines that say something. `#` starts a comment at a line's start only. Raises SyntaxProblem."""
    bounded(text, "\n")
    lines: list[Line] = []
    at = 0
    for physical in text.split("\n"):
        stripped = physical.strip()
        if stripped and not stripped.startswith("#"):
            words = _words(physical, at)
            if words:
                first, last = words[0], words[-1]
                lines.append(Line(first.text.lower(), words[1:], Span(first.start, last.end), first.span))
        at += len(physical) + 1
    return lines


def _words(line: str, offset: int) -> list[Word]:
    words: list[Word] = []
    at = _end_of_blanks(line, 0)
    while at < len(line):
        # One word: bare and quoted parts may touch, but a closing quote ends the word.
        parts: list[str] = []
        word_at = at
        quoted = False
        while not quoted and (part := _PART.match(line, word_at)):
            word_at = part.end()
            if part[3] is not None:
                parts.append(part[3])
                continue
            quoted = True
            parts.append(_unescaped(part[1]) if part[1] is not None else part[2].replace("\\'", "'"))
        if word_at < len(line) and not _BLANK.fullmatch(line[word_at]):
            sign = line[word_at]
            unbalanced_offset = offset + word_at
            if quoted:
                unbalanced = SyntaxProblem(
                    f"unexpected {sign!r} right after a closing quote",
                    unbalanced_offset,
                    "add a space, or quote the whole word",
                )
            else:
                unbalanced = SyntaxProblem(
                    f"the quote {sign} is not closed",
                    unbalanced_offset,
                    f"close it with {sign} on the same line",
                )
            raise unbalanced
        word = Word("".join(parts), offset + at, offset + word_at, quoted)
        words.append(word)
        at = _end_of_blanks(line, word.end - offset)
    return words


def _end_of_blanks(line: str, at: int) -> int:
    blanks = _BLANK.match(line, at)
    return blanks.end() if blanks else at


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPED.get(m[2], m[2]), text)


def set_value(source: Text, lines: list[Line], key: str, value: str | Sequence[str]) -> list[Edit]:
    """The arguments written wherever the keyword stands, or on a new last line.

    One string is one argument. No edits when they are there already.
    """
    values = [value] if isinstance(value, str) else list(value)
    written = " ".join(map(encoded, values))
    found = [line for line in lines if line.keyword == key.lower()]
    if not found:
        return [appended(source, len(source.text), f"{key} {written}")]
    return [
        Edit(source.path, Span(line.keyword_span.end, line.span.end), " " + written)
        for line in found
        if line.values != values
    ]


def encoded(value: str) -> str:
    """The argument as it must be written to be read back."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + escaped.replace("\t", "\\t").replace("\0", "\\x00") + '"'

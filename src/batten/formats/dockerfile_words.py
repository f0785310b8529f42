"""Words of a Dockerfile's instructions and of scripts, quoted and escaped as BuildKit and shells read them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from batten.formats.lines import line_end
from batten.formats.words import Word
from batten.model import Span

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_ARRAY = re.compile(rf"\[\s*(?:{_STRING}\s*(?:,\s*{_STRING}\s*)*+)?\]\s*", re.DOTALL)
_ITEM = re.compile(
    rf"{_STRING}|\".*", re.DOTALL
)  # what is not closed, which no array holds, reaches to the end


@dataclass(slots=True)
class LogicalLine:
    """A logical line, and where its pieces stand in the file."""

    text: str
    starts: list[int]  # in the joined text
    origins: list[int]  # in the file

    def at(self, offset: int) -> int:
        piece = max(bisect_right(self.starts, offset) - 1, 0)
        return self.origins[piece] + offset - self.starts[piece]

    def span(self, start: int, end: int) -> Span:
        first = self.at(start)
        return Span(first, self.at(end - 1) + 1 if end > start else first)


def array_words(line: LogicalLine, at: int) -> list[Word] | None:
    if _ARRAY.fullmatch(line.text, at) is None:
        return None
    words: list[Word] = []
    for item in _ITEM.finditer(line.text, at):
        try:
            text = str(json.loads(item[0]))
        except ValueError:
            return None
        span = line.span(item.start(), item.end())
        words.append(Word(text, span.start, span.end, quoted=True))
    return words


@cache
def _token_pattern(escape: str, *, shell: bool) -> re.Pattern[str]:
    sign = re.escape(escape)
    bare = rf"(?:(?!&&)[^\s'\"{sign};|])" if shell else rf"[^\s'\"{sign}]"
    word = rf"(?:{bare}|{sign}[\s\S]|{sign}\Z|\"(?:{sign}[\s\S]|[^\"{sign}])*+(?:\"|{sign}?\Z)|'[^']*+(?:'|\Z))++"
    # ours: the escape character, itself escaped
    return re.compile(rf"&&|\|\||[;|]|{word}" if shell else word)


@cache
def _parts(escape: str) -> re.Pattern[str]:
    sign = re.escape(escape)
    # ours: the escape character, itself escaped
    return re.compile(rf"\"((?:{sign}[\s\S]|[^\"])*+)\"?|'([^']*+)'?|{sign}([\s\S]?)")


def line_words(line: LogicalLine, at: int, escape: str, *, shell: bool) -> list[Word]:
    words: list[Word] = []
    for token in _token_pattern(escape, shell=shell).finditer(line.text, at):
        span = line.span(token.start(), token.end())
        raw = token[0]
        text = _unquoted(raw, escape) if any(c in raw for c in f"'\"{escape}") else raw
        words.append(Word(text, span.start, span.end, quoted=raw[0] in "'\""))
    return words


def shell_words(text: str, at: int = 0) -> list[Word]:
    """The words and operators of a script, a ";" for each line's end; comments are left out. `at` is where
    the script starts in the file."""
    words: list[Word] = []
    end = comment = 0
    for token in _token_pattern("\\", shell=True).finditer(text):
        if token.start() < comment:
            continue
        raw = token[0]
        if "\n" in text[end : token.start()] and words:
            words.append(Word(";", at + end, at + end))
        end = token.end()
        if raw.startswith("#"):
            comment = end = line_end(text, end)
        elif raw.strip("\\ \t\r\n"):
            plain = _unquoted(raw, "\\") if any(c in raw for c in "'\"\\") else raw
            words.append(Word(plain, at + token.start(), at + end, quoted=raw[0] in "'\""))
    return words


def _unquoted(raw: str, escape: str) -> str:
    def part(found: re.Match[str]) -> str:
        if found[1] is not None:
            return re.sub(rf"{re.escape(escape)}([\"$`{re.escape(escape)}])", r"\1", found[1])
        return found[2] if found[2] is not None else found[3] or ""

    return _parts(escape).sub(part, raw)

"""Caddyfiles: statements of words, blocks in braces, as Caddy's own lexer splits them.

Source: https://caddyserver.com/docs/caddyfile/concepts, and what `caddy adapt` makes of odd cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats.blocks import Nested
from batten.formats.document import SyntaxProblem, bounded
from batten.formats.words import Word
from batten.model import Span

DEEPEST = 100  # blocks inside blocks; nobody writes ten

_GAP = re.compile(r"(?:[ \t\r\f\v]++|\\\r?\n|#[^\n]*+)*+")
_BARE = re.compile(r"(?:\\[ \t\"]|[^\s\\]|\\(?!\r?\n))+")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\[\s\S])*+)"')
_RAW = re.compile(r"`([^`]*+)`")
_HEREDOC = re.compile(r"<<([A-Za-z0-9_-]+)\r?\n")
_SHAPE = re.compile(r"^(?:\([^)\s]*\)|&\([^)\s]*\))$")


@dataclass(slots=True)
class Statement(Nested):
    """A directive, an option, a site, a snippet: words, and what stands in its braces.

    `span` runs from the first word to the last, or to the closing brace; `head` ends with the words;
    `body` lies between the braces. A file of one site may leave the braces out: `bare` says so, and its
    body runs to the end of the file. The root and the block of global options have no words.
    """

    words: list[Word]
    span: Span
    head: Span
    body: Span | None = None
    children: list[Statement] = field(default_factory=list)
    bare: bool = False

    @property
    def name(self) -> str:
        return self.words[0].text if self.words else ""

    @property
    def values(self) -> list[str]:
        """The texts of all words, the name's included."""
        return [w.text for w in self.words]


def parse(text: str) -> Statement:
    """The file's statements, below a root. Raises SyntaxProblem."""
    bounded(text, "\n ")
    whole = Span(0, len(text))
    stack = [Statement([], whole, Span(0, 0), whole)]
    for words in _lines(text):
        _take(stack, words)
    if len(stack) > 1:
        opened = stack[-1]
        raise SyntaxProblem(
            f"the block `{opened.name}` is not closed", opened.span.start, "close it with '}'"
        )
    _unbraced(stack[0], len(text))
    return stack[0]


def _take(stack: list[Statement], words: list[Word]) -> None:
    first, last = words[0], words[-1]
    if _is(first, "}"):
        _close(stack, first)
        if len(words) > 1:
            raise SyntaxProblem(
                f"unexpected `{words[1].text[:40]}` after '}}'", words[1].start, "start a new line"
            )
        return
    if _is(last, "{"):
        if len(stack) > DEEPEST:
            raise SyntaxProblem(
                f"blocks are nested deeper than {DEEPEST}",
                last.start,
                "list the file under `ignore:` in batten.yaml if it is generated",
            )
        end = words[-2].end if len(words) > 1 else first.start
        body = Span(last.end, last.end)
        block = Statement(words[:-1], Span(first.start, last.end), Span(first.start, end), body)
        stack[-1].children.append(block)
        stack.append(block)
        return
    span = Span(first.start, last.end)
    stack[-1].children.append(Statement(words, span, span))


def _close(stack: list[Statement], brace: Word) -> None:
    if len(stack) == 1:
        raise SyntaxProblem("unmatched '}'", brace.start, "remove it, or add the missing '{' above")
    block = stack.pop()
    block.span = Span(block.span.start, brace.end)
    block.body = Span(block.body.start if block.body else brace.start, brace.start)


def _is(word: Word, sign: str) -> bool:
    return word.text == sign and not word.quoted


def _unbraced(root: Statement, end: int) -> None:
    """A file that names one site and then its directives, without braces."""
    for number, statement in enumerate(root.children):
        if statement.body is not None or statement.name == "import":
            if statement.body is not None and statement.words and not _SHAPE.match(statement.name):
                return
            continue
        statement.children = root.children[number + 1 :]
        statement.bare = True
        statement.body = Span(statement.head.end, end)
        statement.span = Span(statement.span.start, end)
        del root.children[number + 1 :]
        return


def _lines(text: str) -> Iterator[list[Word]]:
    """The words of each line. One that ends with a comma goes on, as lists of addresses do."""
    words: list[Word] = []
    at = 0
    while True:
        at = _end_of_gap(text, at)
        if at >= len(text):
            break
        if text[at] == "\n":
            if words and not _continues(words):
                yield words
                words = []
            at += 1
            continue
        word = _word(text, at)
        words.append(word)
        at = word.end
    if words:
        yield words


def _continues(words: list[Word]) -> bool:
    return all(w.text.endswith(",") and not w.quoted for w in words)


def _end_of_gap(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at


def _word(text: str, at: int) -> Word:
    sign = text[at]
    if sign == '"':
        found = _DOUBLE.match(text, at)
        if found is None:
            raise SyntaxProblem('the quote " is not closed', at, 'close it with "')
        return Word(found[1].replace('\\"', '"'), at, found.end(), quoted=True)
    if sign == "`":
        found = _RAW.match(text, at)
        if found is None:
            raise SyntaxProblem("the quote ` is not closed", at, "close it with `")
        return Word(found[1], at, found.end(), quoted=True)
    heredoc = _HEREDOC.match(text, at)
    if heredoc is not None:
        return _heredoc(text, at, heredoc)
    bare = _BARE.match(text, at)
    end = bare.end() if bare else at + 1
    return Word(text[at:end].replace("\\ ", " "), at, end)


def _heredoc(text: str, at: int, opened: re.Match[str]) -> Word:
    """From Caddy 2.7 on: `<<END`, lines, and END on a line of its own, whose indentation is taken away."""
    closed = re.compile(rf"^([ \t]*){re.escape(opened[1])}(?=[\s]|$)", re.MULTILINE).search(
        text, opened.end()
    )
    if closed is None:
        raise SyntaxProblem(f"the text `<<{opened[1]}` is not closed", at, f"end it with a line {opened[1]}")
    lines = text[opened.end() : closed.start()].splitlines()
    body = "\n".join(line.removeprefix(closed[1]) for line in lines)
    return Word(body, at, closed.end(), quoted=True)

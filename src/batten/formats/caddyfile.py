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
        first, last = words[0], words[-1]
        if _is(first, "}"):
            if len(stack) == 1:
                raise SyntaxProblem("unmatched '}'", first.start, "remove it, or add the missing '{' above")
            close_block = stack.pop()
            close_block.span = Span(close_block.span.start, first.end)
            close_block.body = Span(close_block.body.start if close_block.body else first.start, first.start)
            if len(words) > 1:
                raise SyntaxProblem(
                    f"unexpected `{words[1].text[:40]}` after '}}'", words[1].start, "start a new line"
                )
        elif _is(last, "{"):
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
        else:
            span = Span(first.start, last.end)
            stack[-1].children.append(Statement(words, span, span))
    if len(stack) > 1:
        opened = stack[-1]
        raise SyntaxProblem(
            f"the block `{opened.name}` is not closed", opened.span.start, "close it with '}'"
        )
    _unbraced(stack[0], len(text))
    return stack[0]


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
        found = _GAP.match(text, at)
        at = found.end() if found else at
        if at >= len(text):
            break
        if text[at] == "\n":
            if words and not all(w.text.endswith(",") and not w.quoted for w in words):
                yield words
                words = []
            at += 1
            continue
        sign = text[at]
        if sign == '"':
            word_found = _DOUBLE.match(text, at)
            if word_found is None:
                raise SyntaxProblem('the quote " is not closed', at, 'close it with "')
            word = Word(word_found[1].replace('\\"', '"'), at, word_found.end(), quoted=True)
        elif sign == "`":
            word_found = _RAW.match(text, at)
            if word_found is None:
                raise SyntaxProblem("the quote ` is not closed", at, "close it with `")
            word = Word(word_found[1], at, word_found.end(), quoted=True)
        else:
            heredoc = _HEREDOC.match(text, at)
            if heredoc is not None:
                # From Caddy 2.7 on: `<<END`, lines, and END on a line of its own, whose indentation is taken away.
                closed = re.compile(rf"^([ \t]*){re.escape(heredoc[1])}(?=[\s]|$)", re.MULTILINE).search(
                    text, heredoc.end()
                )
                if closed is None:
                    raise SyntaxProblem(
                        f"the text `<<{heredoc[1]}` is not closed", at, f"end it with a line {heredoc[1]}"
                    )
                lines = text[heredoc.end() : closed.start()].splitlines()
                body = "\n".join(line.removeprefix(closed[1]) for line in lines)
                word = Word(body, at, closed.end(), quoted=True)
            else:
                bare = _BARE.match(text, at)
                end = bare.end() if bare else at + 1
                word = Word(text[at:end].replace("\\ ", " "), at, end)
        words.append(word)
        at = word.end
    if words:
        yield words

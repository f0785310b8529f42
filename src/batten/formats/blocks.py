"""What block-structured configurations are made of: a directive, and what stands in its block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Self

from batten.formats.words import Word
from batten.model import Span

_WORD = re.compile(r"[^ \t]+")


class Nested:
    """What may hold others of its kind, in file order."""

    __slots__ = ()
    children: list[Self]

    def walk(self) -> Iterator[Self]:
        """Everything below this one, in file order."""
        waiting = self.children[::-1]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += found.children[::-1]


class Directive(Nested):
    """A directive, with its children when it has a block. The root has no name and spans the file.

    `span` runs from the first character to what closes the directive, inclusive: nginx's ';' or '}', the '>' of
    Apache's closing tag. `head` is what opens it, `body` lies between the braces or tags. A `raw` body is in
    another language (Lua, Perl): it has no children. `values` are the arguments' texts.
    """

    __slots__ = ("_args", "_rest", "body", "children", "end", "name", "raw", "start", "stop", "values")

    def __init__(self, name: str, args: list[Word] | str, start: int, stop: int, end: int) -> None:
        """`args` is words, or a text whose words blanks part, up to `stop`, where the head ends. What few look at is made
        when it is asked for: spans, and such words."""
        self.name = name
        if isinstance(args, str):
            self.values, self._args, self._rest = args.split(), None, args
        else:
            self.values, self._args, self._rest = [a.text for a in args], args, ""
        self.start, self.stop, self.end = start, stop, end
        self.body: Span | None = None
        self.children: list[Directive] = []
        self.raw = False

    @property
    def args(self) -> list[Word]:
        if self._args is None:
            at = self.stop - len(self._rest)
            self._args = [Word(w[0], at + w.start(), at + w.end()) for w in _WORD.finditer(self._rest)]
        return self._args

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def head(self) -> Span:
        return Span(self.start, self.stop)

    def all(self, name: str) -> list[Directive]:
        """Children of that name, in file order."""
        return [c for c in self.children if c.name == name]

    def first(self, name: str) -> Directive | None:
        return next((c for c in self.children if c.name == name), None)

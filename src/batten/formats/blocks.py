"""What block-structured configurations are made of: a directive, and what stands in its block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from batten.formats.words import Word
from batten.model import Span


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


@dataclass(slots=True)
class Directive(Nested):
    """A directive, with its children when it has a block. The root has no name and spans the file.

    `span` runs from the first character to what closes the directive, inclusive: nginx's ';' or '}', the '>' of
    Apache's closing tag. `head` is what opens it, `body` lies between the braces or tags. A `raw` body is in
    another language (Lua, Perl): it has no children.
    """

    name: str
    args: list[Word]
    span: Span
    head: Span
    body: Span | None = None
    children: list[Directive] = field(default_factory=list)
    raw: bool = False

    def all(self, name: str) -> list[Directive]:
        """Children of that name, in file order."""
        return [c for c in self.children if c.name == name]

    def first(self, name: str) -> Directive | None:
        return next((c for c in self.children if c.name == name), None)

    @property
    def values(self) -> list[str]:
        """The arguments' texts."""
        return [a.text for a in self.args]

"""XML trees with exact spans, made by expat; declarations of entities are refused before one is used.

Names are without their prefix: the files that batten reads have one vocabulary each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from batten.formats.document import SyntaxProblem, bounded
from batten.model import Span

DEEPEST = 200
_TAG = re.compile(r"<(?:\"[^\"]*\"|'[^']*'|[^>\"'])*+>")
_CHUNK = 65536  # bytes that are parsed before what they ended is handed on


@dataclass(slots=True)
class Element:
    """An element: `text` is its own text, without its children's; `inside` is the place from its start tag's end to its
    end tag, and `span` all of it."""

    name: str
    attributes: dict[str, str]
    span: Span
    inside: Span
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        return next((one for one in self.children if one.name == name), None)

    def value(self, name: str) -> str:
        """The text of the first child of a name; "" where there is none."""
        found = self.child(name)
        return found.text.strip() if found is not None else ""

    def all(self, *names: str) -> Iterator[Element]:
        """The elements at the end of a path of names."""
        level = [self]
        for name in names:
            level = [one for above in level for one in above.children if one.name == name]
        yield from level


def parse(text: str) -> Element:
    """The root of a document. Raises SyntaxProblem for bad syntax, entities, or depth."""
    bounded(text, "<")
    maker = _Maker(text, None)
    for _ in maker.run():
        pass
    assert maker.root is not None  # expat refuses a document without one
    return maker.root


def elements(text: str, name: str, apart: str = "") -> Iterator[Element]:
    """Each element of a name when it has ended, those inside one before it, and none inside an element called `apart`; nothing
    else is kept. Raises SyntaxProblem."""
    yield from _Maker(text, name, apart).run()


class _Maker:
    """What expat calls: a stack of open elements, and the ended ones that were asked for."""

    def __init__(self, text: str, wanted: str | None, apart: str = "") -> None:
        self._wanted, self._apart = wanted, apart
        self._data = text.encode("utf-8", "surrogatepass")
        self._ascii = len(self._data) == len(text)
        self._text, self._seen, self._characters = text, 0, 0
        self._open: list[Element] = []
        self._ended: list[Element] = []
        self.root: Element | None = None
        self._parser = expat.ParserCreate("utf-8", "}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._words
        self._parser.EntityDeclHandler = self._entity
        self._inside = 0  # how many open elements are of the wanted name

    def run(self) -> Iterator[Element]:
        data = self._data
        try:
            for start in range(0, len(data), _CHUNK):
                self._parser.Parse(data[start : start + _CHUNK], False)
                ended, self._ended = self._ended, []
                yield from ended
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            message = expat.ErrorString(error.code)
            at = self._at(max(self._parser.ErrorByteIndex, 0))
            raise SyntaxProblem(message, at, "check the tags and quotes here") from error
        yield from self._ended

    def _at(self, index: int) -> int:
        """The character offset of a byte: asked in order, so that nothing is counted twice."""
        if self._ascii:
            return index
        if index < self._seen:
            self._seen = self._characters = 0
        self._characters += len(self._data[self._seen : index].decode("utf-8", "ignore"))
        self._seen = index
        return self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition("}")[2]
        at = self._at(self._parser.CurrentByteIndex)
        if len(self._open) >= DEEPEST:
            raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", at, "flatten it")
        tag = _TAG.match(self._text, at)
        end = tag.end() if tag else at
        one = Element(
            name, {k.rpartition("}")[2]: v for k, v in attributes.items()}, Span(at, end), Span(end, end)
        )
        self._inside += name == self._wanted
        if self._open and (self._wanted is None or self._inside):
            self._open[-1].children.append(one)
        self.root = self.root or one
        self._open.append(one)

    def _end(self, name: str) -> None:
        one = self._open.pop()
        at = self._at(self._parser.CurrentByteIndex)
        end = max(
            one.inside.end,
            self._text.find(">", at) + 1 if self._text.startswith("</", at) else one.inside.end,
        )
        one.inside, one.span = Span(one.inside.start, max(at, one.inside.start)), Span(one.span.start, end)
        if self._wanted is None:
            return
        if one.name == self._wanted:
            self._inside -= 1
            if not any(above.name == self._apart for above in self._open):
                self._ended.append(one)
            if self._open and one in self._open[-1].children[-1:]:
                self._open[-1].children.pop()

    def _words(self, words: str) -> None:
        if self._open and (self._wanted is None or self._inside):
            self._open[-1].text += words

    def _entity(self, name: str, *_: object) -> None:
        at = self._at(self._parser.CurrentByteIndex)
        raise SyntaxProblem(f"the entity `{name[:40]}` is declared", at, "write its text where it is used")

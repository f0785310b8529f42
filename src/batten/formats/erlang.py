"""Files of Erlang terms, as `file:consult` reads them: terms with a full stop behind each.

Source: https://www.erlang.org/doc/system/data_types.html. Code (funs, macros, arithmetic) is refused, as `file:consult` refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from batten.formats.document import SyntaxProblem, bounded
from batten.model import Span

DEEPEST = 60
_FILLER = re.compile(r"(?:\s++|%[^\n]*+)*+")
_NUMBER = re.compile(r"[+-]?\d[\d_]*+(?:#[0-9A-Za-z]++|\.\d++(?:[eE][+-]?\d++)?)?")
_ATOM = re.compile(r"[a-z][\w@]*+")
_QUOTED = re.compile(r"'((?:[^'\\]|\\[\s\S])*+)'")
_STRING = re.compile(r'"((?:[^"\\]|\\[\s\S])*+)"')
_CHARACTER = re.compile(r"\$(?:\\[\s\S]|[\s\S])")
_ESCAPE = re.compile(r"\\([\s\S])")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "s": " "}
_TYPED = re.compile(r"[ \t]*+/[ \t]*+[a-z]\w*+(?:-[a-z]\w*+)*+")
_CLOSING = {"[": "]", "{": "}"}


class Sort(Enum):
    ATOM = "atom"
    STRING = "string"
    BINARY = "binary"
    NUMBER = "number"
    LIST = "list"
    TUPLE = "tuple"
    MAP = "map"


@dataclass(slots=True)
class Term:
    """`text` is what an atom, a string, a binary or a number says; `items` are those of a list or a tuple, and the pairs of a map."""

    sort: Sort
    span: Span
    text: str = ""
    items: list[Term] = field(default_factory=list)

    @property
    def pair(self) -> tuple[str, Term] | None:
        """The name and the value of a tuple of two whose first is an atom."""
        named = self.sort is Sort.TUPLE and len(self.items) == 2 and self.items[0].sort is Sort.ATOM
        return (self.items[0].text, self.items[1]) if named else None


def parse(text: str) -> list[Term]:
    """The terms of a file. Raises SyntaxProblem."""
    bounded(text, ",[{", 400_000)
    reader, found = _Reader(text), []
    while not reader.ended():
        found.append(reader.term(0))
        reader.sign(".", "a full stop is missing behind the term")
    return found


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    def ended(self) -> bool:
        self._skip()
        return self.at >= len(self.text)

    def _skip(self) -> None:
        found = _FILLER.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _next(self, sign: str) -> bool:
        self._skip()
        return self.text.startswith(sign, self.at)

    def sign(self, wanted: str, message: str) -> None:
        if not self._next(wanted):
            raise SyntaxProblem(message, self.at, f"write `{wanted}` here")
        self.at += len(wanted)

    def term(self, depth: int) -> Term:
        self._skip()
        if depth > DEEPEST:
            raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", self.at, "flatten it")
        start = self.text[self.at : self.at + 1]
        if start in ("[", "{"):
            return self._items(start, depth)
        if self.text.startswith("<<", self.at):
            # `<<"text">>`, with a type behind the text or not; of one of numbers the text is not known.
            binary_start = self.at
            self.at += 2
            parts: list[Term] = []
            while not self._next(">>"):
                if parts:
                    self.sign(",", "a comma is missing between the parts of the binary")
                parts.append(self.term(depth + 1))
                typed = _TYPED.match(self.text, self.at)
                self.at = typed.end() if typed else self.at
            self.at += 2
            text = "".join(part.text if part.sort is Sort.STRING else "\0" for part in parts)
            return Term(Sort.BINARY, Span(binary_start, self.at), text)
        if self.text.startswith("#{", self.at):
            made = Term(Sort.MAP, Span(self.at, self.at))
            map_start = self.at
            self.at += 2
            while not self._next("}"):
                if made.items:
                    self.sign(",", "a comma is missing between the pairs of the map")
                key = self.term(depth + 1)
                self.sign("=>", "`=>` is missing behind the key of a map")
                value = self.term(depth + 1)
                made.items.append(Term(Sort.TUPLE, Span(key.span.start, value.span.end), "", [key, value]))
            self.at += 1
            made.span = Span(map_start, self.at)
            return made
        return self._plain()

    def _items(self, opening: str, depth: int) -> Term:
        start, closing = self.at, _CLOSING[opening]
        self.at += 1
        made = Term(Sort.LIST if opening == "[" else Sort.TUPLE, Span(start, start))
        while not self._next(closing):
            if made.items:
                self.sign(",", "a comma is missing between the terms")
            made.items.append(self.term(depth + 1))
        self.at += 1
        made.span = Span(start, self.at)
        return made

    def _plain(self) -> Term:
        for pattern, sort in _PLAIN:
            found = pattern.match(self.text, self.at)
            if found is not None:
                span = Span(self.at, found.end())
                self.at = found.end()
                text = _unescaped(found[1]) if pattern.groups else found[0]
                return Term(sort, span, text)
        what = repr(self.text[self.at]) if self.at < len(self.text) else "the end of the file"
        raise SyntaxProblem(
            f"unexpected {what}", self.at, "write a term: an atom, a list, a tuple, a string or a number"
        )


_PLAIN = (
    (_NUMBER, Sort.NUMBER),
    (_ATOM, Sort.ATOM),
    (_QUOTED, Sort.ATOM),
    (_STRING, Sort.STRING),
    (_CHARACTER, Sort.NUMBER),
)  # fmt: skip


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def written(value: str, sort: Sort) -> str:
    """A text as a term of this sort."""
    escaped = value.replace("\\", "\\\\")
    match sort:
        case Sort.ATOM:
            quoted = escaped.replace("'", "\\'")
            return value if _ATOM.fullmatch(value) else f"'{quoted}'"
        case Sort.BINARY:
            quoted = escaped.replace('"', '\\"')
            return f'<<"{quoted}">>'
        case Sort.STRING:
            quoted = escaped.replace('"', '\\"')
            return f'"{quoted}"'
        case Sort.NUMBER | Sort.LIST | Sort.TUPLE | Sort.MAP:
            return value

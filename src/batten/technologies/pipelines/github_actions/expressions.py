"""Expressions of GitHub Actions: which contexts decide the value of one.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import Span
from batten.model.record import record

_LONGEST = 20_000  # characters of one expression
_DEEPEST = 50
_WRITTEN = re.compile(r"\$\{\{((?:'[^']*'|[^'}$]|\}(?!\})|\$(?!\{\{))*)\}\}")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?(?:0x[0-9a-fA-F]+|\d[\d.eE+-]*))|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))"
)
_CONSTANTS = frozenset(("true", "false", "null", "nan", "infinity"))
_COMPARES = frozenset(("==", "!=", "<", ">", "<=", ">="))
# Functions whose value is true or false, or a digest, whatever they are given.
_DECIDED = frozenset(
    ("contains", "startswith", "endswith", "hashfiles", "success", "failure", "always", "cancelled")
)


@record
class Written:
    """An expression between its signs, and its place in the text."""

    body: str
    span: Span


@record
class Call:
    """A function and what each of its arguments is: words of a literal, or the contexts that decide it."""

    name: str
    texts: tuple[str | None, ...]
    contexts: tuple[tuple[str, ...], ...]


@record
class Meaning:
    """What an expression is made of. A context is written in lower case with points: `github.event.commits.*.message`."""

    contexts: tuple[str, ...]  # those that its value may show
    calls: tuple[Call, ...] = ()
    compared: tuple[tuple[str, str], ...] = ()  # a context and the literal that it is said to be equal to


def expressions(text: str) -> Iterator[Written]:
    """Every `${{ … }}` of a text."""
    for found in _WRITTEN.finditer(text[:_LONGEST]):
        yield Written(found[1].strip(), Span(found.start(), found.end()))


def meaning(body: str) -> Meaning | None:
    """What an expression is made of; None for one that cannot be read."""
    try:
        reader = _Reader(body[:_LONGEST])
        contexts, _ = reader.either(0)
        if reader.sign() is None and reader.at >= len(reader.tokens):
            return Meaning(tuple(dict.fromkeys(contexts)), tuple(reader.calls), tuple(reader.compared))
    except ValueError:
        pass
    return None


_Value = tuple[list[str], str | None]  # the contexts that decide it, and the words of a literal


class _Reader:
    """A descent through the grammar: `||`, `&&`, comparisons, `!`, and what stands between them."""

    def __init__(self, body: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.calls: list[Call] = []
        self.compared: list[tuple[str, str]] = []
        place = 0
        while body[place:].strip():
            found = _TOKEN.match(body, place)
            if found is None or found.lastgroup is None:
                raise ValueError(body)
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()

    def sign(self) -> str | None:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        return text if kind == "sign" else None

    def take(self, *wanted: str) -> bool:
        if self.sign() in wanted:
            self.at += 1
            return True
        return False

    def either(self, depth: int) -> _Value:
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        value = self._both(depth)
        while self.take("||"):
            value = (value[0] + self._both(depth)[0], None)
        return value

    def _both(self, depth: int) -> _Value:
        value = self._comparison(depth)
        while self.take("&&"):  # the first shows only where it is false, 0 or empty
            value = self._comparison(depth)
        return value

    def _comparison(self, depth: int) -> _Value:
        value = self._operand(depth)
        while (sign := self.sign()) in _COMPARES:
            self.at += 1
            other = self._operand(depth)
            if sign == "==":
                for contexts, text in ((value[0], other[1]), (other[0], value[1])):
                    self.compared += [(c, text) for c in contexts if text is not None]
            value = ([], None)
        return value

    def _operand(self, depth: int) -> _Value:
        if self.take("!"):
            self._operand(depth + 1)
            return [], None
        if self.take("("):
            value = self.either(depth + 1)
            if not self.take(")"):
                raise ValueError("unclosed")
            return value
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        if kind == "text":
            return [], text[1:-1].replace("''", "'")
        if kind == "number":
            return [], text
        if kind != "name":
            raise ValueError(text)
        return self._call(text, depth) if self.take("(") else self._context([text.lower()], depth)

    def _call(self, name: str, depth: int) -> _Value:
        values: list[_Value] = []
        while not self.take(")"):
            values.append(self.either(depth + 1))
            if not self.take(",") and self.sign() != ")":
                raise ValueError(name)
        call = Call(name.lower(), tuple(v[1] for v in values), tuple(tuple(v[0]) for v in values))
        self.calls.append(call)
        inside = [context for contexts, _ in values for context in contexts]
        self._context([], depth)  # what is taken of a value: fromJSON(x).y
        return ([] if call.name in _DECIDED else inside), None

    def _context(self, parts: list[str], depth: int) -> _Value:
        alone = not parts or parts[0] in _CONSTANTS
        while True:
            if self.take("."):
                kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
                if kind != "name" and text != "*":
                    raise ValueError(text)
                self.at += 1
                parts = [*parts, text.lower()]
            elif self.take("["):
                index = self._index(depth)
                parts = [*parts, index]
            else:
                break
        return ([] if alone else [".".join(parts)]), None

    def _index(self, depth: int) -> str:
        star = self.take("*")
        contexts, text = ([], "*") if star else self.either(depth + 1)
        if not self.take("]"):
            raise ValueError("unclosed")
        return "*" if contexts or text is None or text.isdigit() else text.lower()

"""lighttpd configuration: assignments, arrays, conditions with blocks, and includes.

Source for the rules: lighttpd's wiki, Docs_Configuration, and what `lighttpd -p` prints (1.4.79).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from batten.formats.document import SyntaxProblem, bounded
from batten.model import Span

DEEPEST = 50  # arrays in arrays, blocks in blocks
_TOKEN = re.compile(
    r"(?P<blank>[ \t\f\v]+|\r(?=\n)|#[^\n]*)|(?P<end>\n)"
    r'|"(?P<string>(?:[^"\\]++|\\"?+)*+)"'  # a backslash escapes a quote and nothing else
    r"|(?P<sign>=>|==|=~|=\^|=\$|!=|!~|\+=|:=|[=+(),{}\[\]$])"
    r"|(?P<number>\d+(?![\w.-]))|(?P<name>[\w][\w.-]*)"
)
_TESTS = frozenset(("==", "!=", "=~", "!~", "=^", "=$"))


class Form(Enum):
    STRING = "string"
    NUMBER = "number"
    NAME = "name"  # another setting, a `var.x`, or what the environment holds (`env.X`)
    ARRAY = "array"
    SUM = "sum"  # `a + b`


@dataclass(slots=True)
class Value:
    """`text` has escaped quotes resolved; no other escape means anything. `parts` are those of a sum."""

    form: Form
    span: Span
    text: str = ""
    entries: list[Entry] = field(default_factory=list)
    parts: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One member of an array: `"key" => value`, or a value alone."""

    key: Value | None
    value: Value
    span: Span


@dataclass(slots=True)
class Assignment:
    """`name operator value`; the operator is `=`, `+=` or `:=`."""

    name: str
    operator: str
    value: Value
    span: Span


@dataclass(slots=True)
class Include:
    """`include "file"`, or with `shell` what a program prints."""

    pattern: Value
    shell: bool
    span: Span


@dataclass(slots=True)
class Condition:
    """`$HTTP["url"] =~ "^/api/"`: `variable` is `HTTP`, `key` is `url`."""

    variable: str
    key: str
    operator: str
    value: Value
    span: Span


@dataclass(slots=True)
class Block:
    """Statements in braces. Without a condition it is `global` or an `else`; `otherwise` says that it
    belongs to the block before it. `body` lies between the braces."""

    condition: Condition | None
    otherwise: bool
    statements: list[Statement]
    span: Span
    body: Span


Statement = Assignment | Include | Block


@dataclass(slots=True)
class _Token:
    kind: str  # "string", "number", "name", "end", a sign, or "" at the text's end
    text: str
    start: int
    stop: int


def parse(text: str) -> list[Statement]:
    """The file's statements. Raises SyntaxProblem."""
    bounded(text, "\n=,(+")
    tokens: list[_Token] = []
    at, opened = 0, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if text[at] == '"':
                unknown = SyntaxProblem('the quote " is not closed', at, 'close it with "')
            else:
                unknown = SyntaxProblem(f"unexpected {text[at]!r}", at, "write values in double quotes")
            raise unknown
        kind = found.lastgroup or ""
        at = found.end()
        if kind == "sign":
            opened += (found["sign"] == "(") - (found["sign"] == ")")
        if kind == "blank" or (kind == "end" and opened > 0):
            continue
        word = found[kind].replace('\\"', '"') if kind == "string" else found[kind]
        tokens.append(_Token(word if kind == "sign" else kind, word, found.start(), at))
    tokens.append(_Token("", "", at, at))
    reader = _Reader(tokens)
    statements = reader.statements(0)
    if reader.here.kind:
        raise SyntaxProblem("`}` without a block", reader.here.start, "remove it, or open a block")
    return statements


def walk(statements: list[Statement]) -> Iterator[Statement]:
    """Every statement, in reading order."""
    waiting = statements[::-1]
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, Block):
            waiting += statement.statements[::-1]


@dataclass(slots=True)
class _Reader:
    tokens: list[_Token]
    at: int = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *kinds: str) -> _Token:
        token = self.here
        if token.kind not in kinds:
            wanted = " or ".join(f"`{kind}`" for kind in kinds)
            found = f"`{token.text}`" if token.text.strip() else "the end of the line or file"
            raise SyntaxProblem(f"{found} where {wanted} is expected", token.start, "complete the statement")
        self.at += 1
        return token

    def skip(self, kind: str) -> bool:
        """Take the token if it is there."""
        found = self.here.kind == kind
        self.at += found
        return found

    def lines(self) -> None:
        while self.here.kind == "end":
            self.at += 1

    def statements(self, depth: int) -> list[Statement]:
        if depth > DEEPEST:
            raise SyntaxProblem(
                "blocks are nested too deeply", self.here.start, f"nest at most {DEEPEST} blocks"
            )
        made: list[Statement] = []
        self.lines()
        while self.here.kind not in ("", "}"):
            made.append(self.statement(depth, made[-1] if made else None))
            self.lines()
        return made

    def statement(self, depth: int, before: Statement | None) -> Statement:
        if self.here.kind == "$":
            return self.block(self.here.start, False, depth)
        token = self.take("name")
        match token.text:
            case "include" | "include_shell" if self.here.kind in ("string", "name"):
                pattern = self.value(0)
                return Include(pattern, token.text == "include_shell", Span(token.start, pattern.span.end))
            case "global" | "if" if self.here.kind in ("{", "$", "end"):
                return self.block(token.start, False, depth)
            case "else" | "elseif" | "elsif" | "elif" if self.here.kind in ("{", "$", "end", "name"):
                return self.alternative(token, depth, before)
            case name:
                operator = self.take("=", "+=", ":=").kind
                value = self.value(0)
                return Assignment(name, operator, value, Span(token.start, value.span.end))

    def alternative(self, token: _Token, depth: int, before: Statement | None) -> Block:
        if not isinstance(before, Block) or before.condition is None:
            raise SyntaxProblem(
                f"`{token.text}` without a condition before it", token.start, "write it after a block"
            )
        if self.here.kind == "name":
            self.take("name")  # `else if`
        return self.block(token.start, True, depth)

    def block(self, start: int, otherwise: bool, depth: int) -> Block:
        condition = self.condition() if self.here.kind == "$" else None
        self.lines()
        opening = self.take("{")
        statements = self.statements(depth + 1)
        closing = self.take("}")
        body = Span(opening.stop, closing.start)
        return Block(condition, otherwise, statements, Span(start, closing.stop), body)

    def condition(self) -> Condition:
        start = self.take("$").start
        variable = self.take("name").text
        key = ""
        if self.skip("["):
            key = self.take("string").text
            self.take("]")
        operator = self.take(*_TESTS).kind
        value = self.value(0)
        return Condition(variable, key, operator, value, Span(start, value.span.end))

    def value(self, depth: int) -> Value:
        parts = [self.operand(depth)]
        while self.skip("+"):
            parts.append(self.operand(depth))
        if len(parts) == 1:
            return parts[0]
        return Value(Form.SUM, Span(parts[0].span.start, parts[-1].span.end), parts=parts)

    def operand(self, depth: int) -> Value:
        if self.here.kind == "(":
            return self.array(depth)
        token = self.take("string", "number", "name")
        form = {"string": Form.STRING, "number": Form.NUMBER}.get(token.kind, Form.NAME)
        return Value(form, Span(token.start, token.stop), token.text)

    def array(self, depth: int) -> Value:
        start = self.take("(").start
        if depth > DEEPEST:
            raise SyntaxProblem("arrays are nested too deeply", start, f"nest at most {DEEPEST} arrays")
        entries: list[Entry] = []
        while self.here.kind != ")":
            entries.append(self.entry(depth))
            if not self.skip(","):
                break
        stop = self.take(")").stop
        return Value(Form.ARRAY, Span(start, stop), entries=entries)

    def entry(self, depth: int) -> Entry:
        first = self.value(depth + 1)
        if not self.skip("=>"):
            return Entry(None, first, first.span)
        value = self.value(depth + 1)
        return Entry(first, value, Span(first.span.start, value.span.end))

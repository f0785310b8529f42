"""Go templates: texts, actions and blocks, each with its place.

Source: https://pkg.go.dev/text/template
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from batten.formats import SyntaxProblem
from batten.model import Span
from batten.model.record import record

_DEEPEST = 100
_KEPT_LENGTH = 8_000  # characters: what a tree takes is up to a hundred times as much
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*")|`(?P<raw>[^`]*)`|(?P<number>-?\d[\w.]*)|(?P<declare>:=|=)
    |(?P<mark>[()|,])|(?P<variable>\$\w*)|(?P<fields>(?:\.\w+)+)|(?P<dot>\.)|(?P<word>[A-Za-z_]\w*)|(?P<char>'(?:\\.|[^'])'))""",
    re.VERBOSE,
)
_STRING_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_SIGNS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# What an action holds: strings, raw strings and characters, whose braces do not close it, and all else.
_INSIDE = re.compile(r"""(?:[^"`'}]|"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*'|\}(?!\}))*""", re.DOTALL)
_COMMENT = re.compile(r"\s*/\*.*?\*/\s*", re.DOTALL)


@record
class Token:
    kind: str
    text: str
    start: int
    glued: bool  # nothing stands between it and the token before


@record
class Literal:
    value: str | int | float | bool | None


@record
class Fields:
    """A chain of fields of a variable ("$x"), of the dot (""), or of what stands in parentheses."""

    of: str | Pipeline
    names: tuple[str, ...]


@record
class Call:
    """A function or a term, with its arguments."""

    name: str
    term: Term | None
    arguments: tuple[Term, ...]


@record
class Pipeline:
    calls: tuple[Call, ...]
    variables: tuple[str, ...] = ()  # declared or assigned
    assigns: bool = False


Term: TypeAlias = "Literal | Fields | Pipeline | Call"


@record
class Text:
    span: Span


@record
class Action:
    span: Span
    pipeline: Pipeline


@record
class Jump:
    """`break` or `continue`."""

    kind: str


@dataclass(slots=True)
class Block:
    """if, with, range, define or block: `pipeline` decides about `body`; else `other`."""

    kind: str
    span: Span
    pipeline: Pipeline | None
    name: str = ""
    body: list[Item] = field(default_factory=list)
    other: list[Item] = field(default_factory=list)
    chained: bool = False  # an `else if` ends with the block it belongs to


Item: TypeAlias = Text | Action | Block | Jump


def parse(text: str) -> list[Item]:
    """What a template consists of, which is not to be changed: short ones are kept. Raises SyntaxProblem."""
    return _kept(text) if len(text) <= _KEPT_LENGTH else _parsed(text)


@lru_cache(maxsize=256)
def _kept(text: str) -> list[Item]:
    return _parsed(text)


def _parsed(text: str) -> list[Item]:
    top: list[Item] = []
    stack: list[tuple[Block, bool]] = []  # whether the else branch is being read
    for kind, span, inner in _pieces(text):
        here = top if not stack else (stack[-1][0].other if stack[-1][1] else stack[-1][0].body)
        if kind == "text":
            here.append(Text(span))
            continue
        word = re.match(
            r"\s*(if|with|range|define|block|else|end|template|break|continue)\b",
            text[inner.start : inner.end],
        )
        keyword = word[1] if word else ""
        rest = Span(inner.start + (word.end() if word else 0), inner.end)
        if keyword in ("if", "with", "range", "define", "block"):
            if len(stack) >= _DEEPEST:
                raise SyntaxProblem("blocks are nested too deeply", span.start, "flatten the template")
            made = _block(keyword, span, text, rest)
            here.append(made)
            stack.append((made, False))
        elif keyword == "else":
            if not stack:
                raise SyntaxProblem("this `else` has no opening block", span.start, "remove it")
            block, _ = stack[-1]
            stack[-1] = (block, True)
            more = re.match(r"\s*(if|with)\b", text[rest.start : rest.end])
            if more:
                else_made = _block(more[1], span, text, Span(rest.start + more.end(), rest.end))
                else_made.chained = True
                block.other.append(else_made)
                stack.append((else_made, False))
        elif keyword == "end":
            if not stack:
                raise SyntaxProblem("this `end` has no opening block", span.start, "remove it")
            while stack.pop()[0].chained:
                pass
        elif keyword in ("break", "continue"):
            here.append(Jump(keyword))
        else:
            if keyword != "template":
                action = Action(span, pipeline(text, inner))
            else:
                read = pipeline(text, rest)
                first = read.calls[0]
                arguments = (first.term, *first.arguments) if first.term is not None else first.arguments
                action = Action(span, Pipeline((Call("include", None, tuple(arguments)), *read.calls[1:])))
            here.append(action)
    if stack:
        raise SyntaxProblem(f"this `{stack[-1][0].kind}` has no `end`", stack[-1][0].span.start, "close it")
    return top


def _block(keyword: str, span: Span, text: str, rest: Span) -> Block:
    if keyword in ("define", "block"):
        tokens = list(_tokens(text, rest))
        if not tokens or tokens[0].kind not in ("string", "raw"):
            raise SyntaxProblem(f"`{keyword}` has no template name", span.start, "give it a name in quotes")
        after = Span(tokens[0].start + len(tokens[0].text) + (tokens[0].kind == "raw"), rest.end)
        given = pipeline(text, after) if keyword == "block" and len(tokens) > 1 else None
        return Block(keyword, span, given, str(_string(tokens[0])))
    return Block(keyword, span, pipeline(text, rest))


def _pieces(text: str) -> Iterator[tuple[str, Span, Span]]:
    """Texts without what their neighbours trim, and actions with what stands between their braces."""
    at = 0
    while True:
        start = text.find("{{", at)
        end = len(text) if start < 0 else start
        trims = start >= 0 and text[start + 2 : start + 3] == "-" and text[start + 3 : start + 4] in " \t\r\n"
        kept = end
        while trims and kept > at and text[kept - 1] in " \t\r\n":
            kept -= 1
        if kept > at:
            yield "text", Span(at, kept), Span(at, kept)
        if start < 0:
            return
        inner = start + (3 if trims else 2)
        close_at = inner
        comment = re.compile(r"\s*/\*").match(text, close_at)
        if comment:
            close_at = text.find("*/", comment.end())
            close_at = len(text) if close_at < 0 else close_at
        found = _INSIDE.match(text, close_at)
        if found is not None and text.startswith("}}", found.end()):
            close = found.end()
        else:
            raise SyntaxProblem("an action is not closed", max(text.rfind("{{"), 0), "close it with `}}`")
        trimmed = text[close - 1] == "-" and text[close - 2 : close - 1] in (" ", "\t", "\r", "\n", "/")
        if not _COMMENT.fullmatch(text, inner, close - trimmed):
            yield "action", Span(start, close + 2), Span(inner, close - trimmed)
        at = close + 2
        while trimmed and at < len(text) and text[at] in " \t\r\n":
            at += 1


def _tokens(text: str, span: Span) -> Iterator[Token]:
    at = span.start
    while at < span.end:
        found = _TOKEN.match(text, at, span.end)
        if found is None or found.end() == at:
            if text[at : span.end].strip():
                raise SyntaxProblem(
                    "this is not a valid template expression", at, "check quotes and parentheses"
                )
            return
        kind = found.lastgroup or ""
        start = found.start(kind)
        yield Token(kind, found[kind], start, start == at)
        at = found.end()


def pipeline(text: str, span: Span) -> Pipeline:
    """Raises SyntaxProblem."""
    tokens = list(_tokens(text, span))
    reader = _Reader(tokens, span.start)
    made = reader.pipeline()
    if reader.at < len(tokens):
        raise SyntaxProblem(
            "this is not a valid template expression", tokens[reader.at].start, "check the parentheses"
        )
    return made


@dataclass(slots=True)
class _Reader:
    tokens: list[Token]
    start: int
    at: int = 0
    depth: int = 0

    def peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def pipeline(self) -> Pipeline:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise SyntaxProblem("parentheses are nested too deeply", self.start, "use variables")
        names, assigns = self._declared()
        calls = [self.call()]
        while (token := self.peek()) and token.text == "|" and token.kind == "mark":
            self.at += 1
            calls.append(self.call())
        self.depth -= 1
        return Pipeline(tuple(calls), names, assigns)

    def _declared(self) -> tuple[tuple[str, ...], bool]:
        names = []
        ahead = 0
        while (token := self.peek(ahead)) and token.kind == "variable":
            names.append(token.text)
            mark = self.peek(ahead + 1)
            if mark is not None and mark.kind == "declare":
                self.at += ahead + 2
                return tuple(names), mark.text == "="
            if mark is None or mark.text != ",":
                break
            ahead += 2
        return (), False

    def call(self) -> Call:
        token = self.peek()
        if token is None:
            raise SyntaxProblem("an expression is missing", self.start, "write one")
        name, term = "", None
        if token.kind == "word" and token.text not in ("true", "false", "nil"):
            self.at += 1
            name = token.text
        else:
            term = self.term()
        arguments = []
        while (token := self.peek()) and not (token.kind == "mark" and token.text in "|)"):
            arguments.append(self.term())
        return Call(name, term, tuple(arguments))

    def term(self) -> Term:
        token = self.peek()
        assert token is not None
        self.at += 1
        match token.kind:
            case "string" | "raw" | "char":
                return Literal(_string(token))
            case "number":
                return Literal(_number(token.text))
            case "variable":
                return self._chained(token.text)
            case "fields":
                return Fields("", tuple(token.text.split(".")[1:]))
            case "dot":
                return Fields("", ())
            case "word":
                words = {"true": True, "false": False, "nil": None}
                return Literal(words[token.text]) if token.text in words else Call(token.text, None, ())
            case "mark" if token.text == "(":
                inner = self.pipeline()
                closing = self.peek()
                if closing is None or closing.text != ")":
                    raise SyntaxProblem("a parenthesis is not closed", token.start, "close it")
                self.at += 1
                return self._chained(inner)
            case _:
                raise SyntaxProblem("this is not a valid template expression", token.start, "check it")

    def _chained(self, of: str | Pipeline) -> Term:
        following = self.peek()
        if following is not None and following.kind == "fields" and following.glued:
            self.at += 1
            return Fields(of, tuple(following.text.split(".")[1:]))
        return Fields(of, ())


def _string(token: Token) -> str | int:
    """The text of a string; a character is a number."""
    if token.kind == "raw":
        return token.text
    text = _STRING_ESCAPE.sub(_unescaped, token.text[1:-1])
    return text if token.kind == "string" or len(text) != 1 else ord(text)


def _unescaped(found: re.Match[str]) -> str:
    number = found[1] or found[2] or found[3]
    if number or found[4]:
        code = int(number, 16) if number else int(found[4], 8)
        return chr(code) if code < 0x110000 else "\ufffd"
    return _SIGNS.get(found[5], found[5])


def _number(text: str) -> int | float | str:
    readers: tuple[Callable[[str], int | float], ...] = (
        lambda t: int(t, 0),
        lambda t: int(t, 8),
        float,
        float.fromhex,
    )
    for kind in readers:
        try:
            return kind(text)
        except ValueError:
            continue
    return text

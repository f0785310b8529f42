"""`.dockerignore` patterns. Source: Docker's documentation of the file, and Go's filepath.Match."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from batten.formats.document import SyntaxProblem
from batten.model import Span
from batten.model.record import record

_LINE = re.compile(r"[^\n]*")


@record
class Pattern:
    """A line: `text` is cleaned of "/", "./" and "!"; `exception` brings back what others exclude."""

    text: str
    exception: bool
    span: Span
    expression: re.Pattern[str]


def parse(text: str) -> list[Pattern]:
    """The patterns in file order. Raises SyntaxProblem for a bad one."""
    patterns: list[Pattern] = []
    for line in _LINE.finditer(text):
        written = line[0].strip()
        if not written or line[0].startswith("#"):
            continue
        start = line.start() + line[0].index(written)
        pattern = _pattern(written, Span(start, start + len(written)))
        if pattern:
            patterns.append(pattern)
    return patterns


def _pattern(written: str, span: Span) -> Pattern | None:
    exception = written.startswith("!")
    body = written[1:].strip() if exception else written
    if exception and not body:
        raise SyntaxProblem("a '!' with no pattern after it", span.start, "write !pattern")
    cleaned = posixpath.normpath(body).lstrip("/")
    if not cleaned or cleaned == ".":
        return None
    return Pattern(cleaned, exception, span, re.compile(_expression(cleaned, span), re.DOTALL))


def excluded(patterns: Iterable[Pattern], path: str) -> bool:
    """Whether the path, relative to the context, stays out of the build.

    The last pattern that matches it, or a folder it lies in, decides.
    """
    parts = posixpath.normpath(path).lstrip("/").split("/")
    names = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    result = False
    for pattern in patterns:
        if pattern.exception == result and any(pattern.expression.fullmatch(n) for n in names):
            result = not pattern.exception
    return result


def _expression(pattern: str, span: Span) -> str:
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        piece, at = _piece(pattern, at, span)
        parts.append(piece)
    return "".join(parts)


def _piece(pattern: str, at: int, span: Span) -> tuple[str, int]:
    sign = pattern[at]
    if pattern.startswith("**", at):
        return _anything(pattern, at)
    if sign == "*":
        return "[^/]*+" if at + 1 == len(pattern) else "[^/]*", at + 1
    if sign == "?":
        return "[^/]", at + 1
    if sign == "[":
        return _set(pattern, at, span)
    if sign == "\\":
        if at + 1 == len(pattern):
            raise SyntaxProblem("a pattern ends with a backslash", span.start, r"write \\ for a backslash")
        return re.escape(pattern[at + 1]), at + 2
    return re.escape(sign), at + 1


def _anything(pattern: str, at: int) -> tuple[str, int]:
    """`**` with the "/" after it: any number of folders, none included."""
    while pattern.startswith("*", at):
        at += 1
    if at == len(pattern):
        return ".*", at
    if pattern[at] == "/":
        return "(?:.*/)?", at + 1
    return ".*", at


def _set(pattern: str, at: int, span: Span) -> tuple[str, int]:
    """A character class: `[a-z]`, `[^a]`, with backslash escapes; never empty."""
    found = re.compile(r"\[(\^?)((?:\\.|[^\\\]])+)\]", re.DOTALL).match(pattern, at)
    if found is None:
        raise SyntaxProblem("a '[' is not closed", span.start, r"close it with ']', or write \[")
    body = re.sub(r"\\(.)|([\\\[\]^&~|])", lambda m: re.escape(m[1] or m[2]), found[2], flags=re.DOTALL)
    expression = f"(?!/)[{found[1]}{body}]"
    try:
        re.compile(expression)
    except re.error as error:
        raise SyntaxProblem("a character class is malformed", span.start, "write it like [a-z]") from error
    return expression, found.end()

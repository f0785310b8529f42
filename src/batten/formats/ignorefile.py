"""`.dockerignore` patterns. Source: Docker's documentation of the file, and Go's filepath.Match."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

from batten.formats.document import SyntaxProblem
from batten.model import Span
from batten.model.record import record
from batten.patterns import BadPattern, compiled
from batten.patterns import Pattern as Expression

MOST_VARYING = 500
_LINE = re.compile(r"[^\n]*")
_MAGIC = re.compile(r"[*?\[\\]")
_SET = re.compile(r"\[(\^?)((?:\\.|[^\\\]])+)\]", re.DOTALL)
_MEMBER = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)
_SLASH = ord("/")


@record
class Pattern:
    """A line: `text` is cleaned of "/", "./" and "!"; `exception` brings back what others exclude."""

    text: str
    exception: bool
    span: Span
    expression: Expression | None  # None where it varies in nothing


def parse(text: str) -> list[Pattern]:
    """The patterns in file order. Raises SyntaxProblem for a bad one."""
    patterns: list[Pattern] = []
    varying = 0
    for line in _LINE.finditer(text):
        written = line[0].strip()
        if not written or line[0].startswith("#"):
            continue
        start = line.start() + line[0].index(written)
        span = Span(start, start + len(written))
        exception = written.startswith("!")
        body = written[1:].strip() if exception else written
        if exception and not body:
            raise SyntaxProblem("a '!' with no pattern after it", span.start, "write !pattern")
        cleaned = posixpath.normpath(body).lstrip("/")
        if not cleaned or cleaned == ".":
            pattern: Pattern | None = None
        elif not _MAGIC.search(cleaned):
            pattern = Pattern(cleaned, exception, span, None)
        else:
            try:
                pattern = Pattern(cleaned, exception, span, compiled(f"(?s:{expression(cleaned, span)})"))
            except BadPattern as error:
                raise SyntaxProblem(f"a pattern cannot be used: {error}", span.start, "shorten it") from None
        if pattern:
            patterns.append(pattern)
            varying += pattern.expression is not None
        if varying > MOST_VARYING:
            message = f"there are more than {MOST_VARYING} patterns with wildcards"
            raise SyntaxProblem(message, start, "name folders instead")
    return patterns


def excluded(patterns: Iterable[Pattern], path: str) -> bool:
    """Whether the path, relative to the context, stays out of the build.

    The last pattern that matches it, or a folder it lies in, decides.
    """
    parts = posixpath.normpath(path).lstrip("/").split("/")
    names = dict.fromkeys("/".join(parts[: n + 1]) for n in range(len(parts)))
    result = False
    for pattern in patterns:
        if pattern.exception == result:
            if pattern.expression is None:
                takes = pattern.text in names
            else:
                takes = any(_fits(pattern.expression, n) for n in names)
            if takes:
                result = not pattern.exception
    return result


@lru_cache(maxsize=100_000)
def _fits(expression: Expression, name: str) -> bool:
    """Folders are asked about once for each file in them."""
    return expression.fullmatch(name) is True


def expression(pattern: str, span: Span) -> str:
    """An expression that fits what the pattern does. Raises SyntaxProblem at `span`."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        piece, at = _piece(pattern, at, span)
        parts.append(piece)
    return "".join(parts)


def _piece(pattern: str, at: int, span: Span) -> tuple[str, int]:
    sign = pattern[at]
    if pattern.startswith("**", at):
        # `**` with the "/" after it: any number of folders, none included.
        while pattern.startswith("*", at):
            at += 1
        if at == len(pattern):
            return ".*", at
        if pattern[at] == "/":
            return "(?:.*/)?", at + 1
        return ".*", at
    if sign == "*":
        return "[^/]*", at + 1
    if sign == "?":
        return "[^/]", at + 1
    if sign == "[":
        return _set(pattern, at, span)
    if sign == "\\":
        if at + 1 == len(pattern):
            raise SyntaxProblem("a pattern ends with a backslash", span.start, r"write \\ for a backslash")
        return re.escape(pattern[at + 1]), at + 2
    return re.escape(sign), at + 1


def _set(pattern: str, at: int, span: Span) -> tuple[str, int]:
    """A character class: `[a-z]`, `[^a]`, with backslash escapes; never empty, and never a slash."""
    found = _SET.match(pattern, at)
    if found is None:
        raise SyntaxProblem("a '[' is not closed", span.start, r"close it with ']', or write \[")
    ranges = [_range(m, span) for m in _MEMBER.finditer(found[2])]
    if found[1]:
        return f"[^/{''.join(f'{_sign(low)}-{_sign(high)}' for low, high in ranges)}]", found.end()
    parts = [p for low, high in ranges for p in ((low, min(high, _SLASH - 1)), (max(low, _SLASH + 1), high))]
    written = "".join(f"{_sign(low)}-{_sign(high)}" for low, high in parts if low <= high)
    return f"[{written}]" if written else r"[^\s\S]", found.end()


def _range(member: re.Match[str], span: Span) -> tuple[int, int]:
    low, high = (ord(member[n][-1]) if member[n] else ord(member[1][-1]) for n in (1, 2))
    if high < low:
        raise SyntaxProblem("a character class is malformed", span.start, "write it like [a-z]")
    return low, high


def _sign(code: int) -> str:
    return f"\\U{code:08x}"

"""`.env` files: as Docker Compose and the dotenv libraries read them, interpolation left raw."""

from __future__ import annotations

import re

from batten.formats.document import SyntaxProblem, bounded
from batten.formats.lines import line_end, next_line
from batten.formats.pairs import Pair
from batten.model import Span

_KEY = re.compile(r"[ \t\r\n\f\v]*(?:#[^\n]*|(export[ \t]+)?([A-Za-z_][\w.\-]*)[ \t]*([=:])?[ \t]*)")
_DOUBLE = re.compile(r'"([^"\\]*+(?:\\[\s\S][^"\\]*+)*+)"')
_SINGLE = re.compile(r"'([^']*)'")
_COMMENT = re.compile(r"(?:^|[ \t])#")
_ESCAPE = re.compile(r"""\\([nrt"\\$])""")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def parse_env(text: str) -> list[Pair]:
    """The file's pairs in order; a later one wins over an earlier. Raises SyntaxProblem."""
    bounded(text, "\n")
    pairs: list[Pair] = []
    at = 0
    while at < len(text):
        head = _KEY.match(text, at)
        if head is None:
            if not text[at:].strip():
                break
            raise _not_a_pair(text, at)
        if head[2] is None:
            at = head.end()
            continue
        pair = _pair(text, head)
        pairs.append(pair)
        at = next_line(text, pair.span.end)
    return pairs


def _not_a_pair(text: str, at: int) -> SyntaxProblem:
    while at < len(text) and text[at].isspace():
        at += 1
    return SyntaxProblem("this line is not KEY=value", at, "write KEY=value, or start a comment with '#'")


def _pair(text: str, head: re.Match[str]) -> Pair:
    start = head.start(1) if head[1] else head.start(2)
    key = Span(head.start(2), head.end(2))
    at = head.end()
    export = head[1] is not None
    if head[3] is None:
        rest = text[at : line_end(text, at)].strip()
        if rest and not rest.startswith("#"):
            raise SyntaxProblem(f"`{head[2]}` has no '='", key.end, "write KEY=value")
        here = Span(key.end, key.end)
        return Pair(head[2], None, Span(start, key.end), key, here, export=export)
    quote = text[at : at + 1]
    if quote in ('"', "'") and quote:
        found = (_DOUBLE if quote == '"' else _SINGLE).match(text, at)
        if found is None:
            raise SyntaxProblem(f"the quote {quote} is not closed", at, f"close it with {quote}")
        quoted_rest = text[found.end() : line_end(text, found.end())].strip()
        if quoted_rest and not quoted_rest.startswith("#"):
            raise SyntaxProblem(
                "text follows a closing quote",
                found.end(),
                "quote the whole value, or escape quotes inside it",
            )
        quoted_value = found[1] if quote == "'" else _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), found[1])
        value, span, quoted = quoted_value, Span(at, found.end()), quote
    else:
        line = text[at : line_end(text, at)]
        comment = _COMMENT.search(line)
        written = (line[: comment.start()] if comment else line).strip()
        value, span, quoted = written, Span(at, at + len(written)), ""
    return Pair(head[2], value, Span(start, max(span.end, head.end(3))), key, span, quoted, export)

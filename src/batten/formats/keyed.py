"""Files of one setting a line: `key value`, `key = value`, and Java's properties.

Sources: mosquitto.conf(5); https://www.rabbitmq.com/docs/configure#config-file-formats (a comment ends a value, which may be
in single quotes); java.util.Properties.load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.formats.lines import appended, removal
from batten.formats.pairs import Pair
from batten.model import Edit, Span

_SPACED = re.compile(r"(\S++)[ \t]*+")
_EQUALS = re.compile(r"([\w.$@{}\\\-]++)[ \t]*+=[ \t]*+")
_PROPERTY = re.compile(r"((?:\\[\s\S]|[^\\:=\s])*+)[ \t\f]*+(?:[=:][ \t\f]*+)?")
_CONTINUED = re.compile(r"\\\r?\n[ \t\f]*+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\s\S])|\Z)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_FIRST = re.compile(r"[ \t\f]*+([^\r\n])")
_LINE_END = re.compile(r"\r?\n")


def parse_spaced(text: str) -> list[Pair]:
    """`key value`: the value is the rest of the line, and a `#` in it is part of it."""
    return [_pair(line, at, _SPACED.match(line)) for line, at in _lines(text, "#")]


def parse_equals(text: str) -> list[Pair]:
    """`key = value`, up to a comment. Raises SyntaxProblem for a line that is not one."""
    pairs = []
    for line, at in _lines(text, "#"):
        found = _EQUALS.match(line)
        if found is None:
            raise SyntaxProblem("this line is not `key = value`", at, "write key = value, or a comment (#)")
        rest = line[found.end() :]
        end = rest.find("'", 1) if rest.startswith("'") else -1
        written = rest[: end + 1] if end > 0 else rest.partition("#")[0].rstrip()
        pair = _pair(line[: found.end()] + written, at, found)
        if end > 0:
            pair.value, pair.quoted = written[1:-1], "'"
        pairs.append(pair)
    return pairs


def parse_properties(text: str) -> list[Pair]:
    """Java's properties: `key=value`, `key: value` or `key value`, continued by a backslash at the end of a line."""
    pairs = []
    for line, at in _lines(text, "#!", continued=True):
        pair = _pair(line, at, _PROPERTY.match(line))
        pair.key, pair.value = _unescaped(pair.key), _unescaped(_CONTINUED.sub("", pair.value or ""))
        pairs.append(pair)
    return pairs


def _lines(text: str, comments: str, *, continued: bool = False) -> Iterator[tuple[str, int]]:
    """Lines that say something, without the blanks around them, and where each starts."""
    bounded(text, "\n")
    at = 0
    while at < len(text):
        first = _FIRST.match(text, at)
        end = _end(text, at, continued and first is not None and first[1] not in comments)
        line = text[at:end]
        body = line.strip()
        if body and body[0] not in comments:
            yield body, at + len(line) - len(line.lstrip())
        at = end + 1


def _end(text: str, at: int, continued: bool) -> int:
    """Where the line ends that starts at an offset, its continuations with it."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        line = text[at:end].removesuffix("\r")
        if not continued or (len(line) - len(line.rstrip("\\"))) % 2 == 0:
            return end
        at = end + 1


def _pair(line: str, at: int, found: re.Match[str] | None) -> Pair:
    if found is None:
        raise SyntaxProblem("this line has no key", at, "write the key first")
    value = line[found.end() :]
    key = Span(at, at + found.end(1))
    span = Span(at + found.end(), at + len(line))
    bare = found.end() == found.end(1)
    return Pair(found[1], None if bare else value, Span(at, span.end), key, span)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPED.get(m[2] or "", m[2] or ""), text)


def set_value(
    separator: str, source: Text, pairs: Sequence[Pair], key: str, value: str, after: Pair | None = None
) -> list[Edit]:
    """The value written at the key's last place, or on a new line below `after`, or below the last pair.

    Raises ValueError for a value that needs more than a line.
    """
    if _LINE_END.search(value) or value != value.strip():
        raise ValueError("the value does not fit on a line")
    found = next((p for p in reversed(pairs) if p.key == key), None)
    if found is not None:
        here = value if found.value is not None else f"{separator}{value}"
        return [Edit(source.path, found.value_span, here)] if found.value != value else []
    last = after or (pairs[-1] if pairs else None)
    offset = last.span.end if last is not None else len(source.text)
    return [appended(source, offset, f"{key}{separator}{value}")]


set_spaced = partial(set_value, " ")
set_equals = partial(set_value, " = ")
set_property = partial(set_value, "=")


def without(source: Text, pairs: Sequence[Pair], key: str) -> list[Edit]:
    """The file without the key's lines."""
    return [removal(source, p.span) for p in pairs if p.key == key]

"""Java properties files. Source: java.util.Properties.load, the documented line format."""

from __future__ import annotations

import re

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.formats.lines import appended, removal
from batten.formats.pairs import Pair, replacements
from batten.model import Edit, Span

# A backslash before a line end joins the next line, without its leading blanks.
_ENTRY = re.compile(
    r"[ \t\f]*"
    r"((?:[^\\\s:=]|\\(?:\r\n|[\s\S])|\\\Z)*+)"
    r"((?:[ \t\f]|\\\r?\n[ \t\f]*)*+(?:[:=](?:[ \t\f]|\\\r?\n[ \t\f]*)*+)?)"
    r"((?:[^\\\r\n]|\\(?:\r\n|[\s\S])|\\\Z)*+)"
)
_IGNORED = re.compile(r"[ \t\f\r\n]*(?:[#!][^\r\n]*(?:[\r\n]+|\Z)[ \t\f\r\n]*)*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})?|(\r?\n[ \t\f]*|\r[ \t\f]*)|([\s\S])|\Z)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def parse_properties(text: str) -> list[Pair]:
    """The file's pairs in order; a later one wins over an earlier. Raises SyntaxProblem."""
    bounded(text, "\n")
    pairs: list[Pair] = []
    at = _after_ignored(text, 0)
    while at < len(text):
        entry = _ENTRY.match(text, at)
        if entry is None or entry.end() == at:
            at += 1
        else:
            if entry[0].strip():
                pairs.append(_pair(text, entry))
            at = entry.end()
        at = _after_ignored(text, at)
    return pairs


def _after_ignored(text: str, at: int) -> int:
    ignored = _IGNORED.match(text, at)
    return ignored.end() if ignored else at


def _pair(text: str, entry: re.Match[str]) -> Pair:
    key, value = Span(*entry.span(1)), Span(*entry.span(3))
    alone = not entry[2].strip() and not entry[3]
    if alone:
        value = Span(key.end, key.end)
    return Pair(
        _decoded(entry[1], key.start),
        None if alone else _decoded(entry[3], value.start),
        Span(key.start, max(key.end, value.end)),
        key,
        value,
    )


def _decoded(raw: str, offset: int) -> str:
    if "\\" not in raw:
        return raw
    parts: list[str] = []
    at = 0
    for escape in _ESCAPE.finditer(raw):
        parts.append(raw[at : escape.start()])
        parts.append(_character(escape, offset))
        at = escape.end()
    joined = "".join((*parts, raw[at:]))
    # Two \u escapes may be the halves of one character.
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str], offset: int) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    if escape[3]:
        return _ESCAPED.get(escape[3], escape[3])
    if escape[0] == "\\u":
        raise SyntaxProblem(
            "`\\u` is not followed by four hexadecimal digits",
            offset + escape.start(),
            r"write a backslash as \\",
        )
    return ""


def set_value(source: Text, pairs: list[Pair], key: str, value: str) -> list[Edit]:
    """The value written wherever the key stands, or on a new last line; no edits when it is there."""
    edits = replacements(source, pairs, key, value, encoded)
    if edits is not None:
        return edits
    return [appended(source, len(source.text), f"{encoded_key(key)}={encoded(value)}")]


def remove(source: Text, pair: Pair) -> Edit:
    return removal(source, pair.span)


def encoded(value: str) -> str:
    """The value as it must be written to be read back."""
    escaped = value.replace("\\", "\\\\")
    for letter, sign in _ESCAPED.items():
        escaped = escaped.replace(sign, "\\" + letter)
    return "\\" + escaped if escaped.startswith(" ") else escaped


def encoded_key(key: str) -> str:
    return re.sub(r"([ :=#!])", r"\\\1", encoded(key.lstrip())) if key else key

"""ini files with sections, and Java properties files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.formats.lines import appended, line_break
from batten.formats.pairs import Pair, replacements
from batten.model import Edit, Span

_COMMENT = re.compile(r"(?<![^ \t])[;#]")
_QUOTED = re.compile(r"""("[^"\n]*"|'[^'\n]*')[ \t]*(?:[;#]|$)""")
_SEPARATOR = re.compile(r"(?<![ \t])[ \t]*+[=:][ \t]*+")


@dataclass(slots=True)
class Section:
    """Pairs below a `[name]` line. The first section has no name: it holds what precedes any.

    `span` runs from the header to the next header or the end of the file.
    """

    name: str
    span: Span
    header: Span
    pairs: list[Pair] = field(default_factory=list)

    def first(self, key: str) -> Pair | None:
        return next((p for p in self.pairs if p.key == key), None)


def parse_ini(text: str) -> list[Section]:
    """The sections in order. An indented line without '=' goes on with the value above it.

    Raises SyntaxProblem.
    """
    bounded(text, "\n")
    sections = [Section("", Span(0, 0), Span(0, 0))]
    at = 0
    column = 0  # how far the last key was indented
    for line in text.splitlines(keepends=True) if "\n" in text else [text]:
        body = line.strip()
        start = at + len(line) - len(line.lstrip())
        at += len(line)
        if not body or body[0] in "#;":
            continue
        indent = start - (at - len(line))
        if body[0] == "[":
            sections[-1].span = Span(sections[-1].span.start, start)
            end = body.find("]")
            if end < 0:
                raise SyntaxProblem("a section's '[' is not closed", start, "write [name]")
            header = Span(start, start + end + 1)
            sections.append(Section(body[1:end].strip(), header, header))
        elif indent > column and sections[-1].pairs and not _SEPARATOR.search(body):
            _continue(sections[-1].pairs[-1], body, start)
        else:
            separator = _SEPARATOR.search(body)
            if separator is None:
                key = _without_comment(body)
                span = Span(start, start + len(key))
                pair = Pair(key, None, span, span, Span(span.end, span.end))
            else:
                if separator.start() == 0:
                    raise SyntaxProblem("a value with no key before it", start, "write key = value")
                key_span = Span(start, start + separator.start())
                value_start = start + separator.end()
                rest = body[separator.end() :]
                quoted = _QUOTED.match(rest)
                written = quoted[1] if quoted else _without_comment(rest)
                value_span = Span(value_start, value_start + len(written))
                value = written[1:-1] if quoted else written
                key = body[: separator.start()]
                pair_end = max(value_span.end, start + len(body[: separator.end()].rstrip()))
                pair = Pair(
                    key, value, Span(start, pair_end), key_span, value_span, written[0] if quoted else ""
                )
            sections[-1].pairs.append(pair)
            column = indent
    sections[-1].span = Span(sections[-1].span.start, len(text))
    return sections


def _continue(pair: Pair, body: str, start: int) -> None:
    end = start + len(body)
    pair.value = f"{pair.value}\n{body}" if pair.value else body
    pair.span = Span(pair.span.start, end)
    pair.value_span = Span(pair.value_span.start, end)


def _without_comment(text: str) -> str:
    comment = _COMMENT.search(text)
    return text[: comment.start()].rstrip(" \t") if comment else text


def set_value(source: Text, section: Section, key: str, value: str) -> list[Edit]:
    """The value written wherever the section has the key, or on a new line after its last pair.

    No edits when it is there already. Raises ValueError for a value that an ini file cannot hold.
    """
    edits = replacements(source, section.pairs, key, value, encoded, " = ")
    if edits is not None:
        return edits
    line = f"{key} = {encoded(value)}"
    if section.pairs:
        return [appended(source, section.pairs[-1].span.end, line)]
    if section.name or section.header.end:
        return [appended(source, section.header.end, line)]
    return [Edit(source.path, Span(0, 0), line + line_break(source.text))]


def encoded(value: str) -> str:
    """The value as it must be written to be read back, quoted when it has to be."""
    if len(value.splitlines()) > 1 or value.endswith(("\n", "\r")):
        raise ValueError("an ini value is one line")
    if not (value != value.strip() or value[:1] in ("'", '"') or _COMMENT.search(value)):
        return value
    if '"' not in value:
        return f'"{value}"'
    if "'" not in value:
        return f"'{value}'"
    raise ValueError("an ini value cannot hold both kinds of quotes and need quoting")

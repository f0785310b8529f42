"""Files of PostgreSQL: `name = value` settings, and lines of fields (pg_hba.conf, pg_ident.conf).

Sources: src/backend/utils/misc/guc-file.l and src/backend/libpq/hba.c of PostgreSQL;
https://www.postgresql.org/docs/current/config-setting.html, …/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.formats.lines import appended
from batten.model import Edit, Span

_NAME = re.compile(r"[A-Za-z_\x80-\uffff][\w$]*(?:\.[A-Za-z_\x80-\uffff][\w$]*)?")
_SETTING = re.compile(r"[ \t]*=?[ \t]*(?:(?P<quoted>'(?:[^'\\\n]|\\.|'')*')|(?P<bare>[^\s#'=][^\s#']*+))?")
_BARE = re.compile(
    r"[A-Za-z_\x80-\uffff][\w.:/-]*|[+-]?(?:0x[0-9a-fA-F]+|\d+)[a-zA-Z\xb5]*|[+-]?\d*\.\d*(?:[eE][+-]?\d+)?"
    r"|.*(?:\{\{|\$\{|\$\(|<%|@@|\$[A-Z]).*"  # what a template fills in
)
_REST = re.compile(r"[ \t\r\f]*(?:#[^\n]*)?$")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)|''", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r"[A-Za-z_][\w.:/-]*|[+-]?\d+(?:\.\d+)?[a-zA-Z]*")


@dataclass(slots=True)
class SettingLine:
    """A setting of postgresql.conf; `name` is in lower case, `value_span` covers the quotes."""

    name: str
    value: str
    span: Span
    value_span: Span


def parse_settings(text: str) -> list[SettingLine]:
    """The settings and includes in their order; the last of a name counts. Raises SyntaxProblem."""
    bounded(text, "\n")
    found: list[SettingLine] = []
    at = 0
    for line in text.split("\n"):
        body = line.lstrip(" \t\f\r\ufeff")
        if body and body[0] != "#":
            start = len(line) - len(body)
            name = _NAME.match(line, start)
            if name is None:
                raise SyntaxProblem(f"unexpected {line[start]!r}", at + start, "write name = 'value'")
            value = _SETTING.match(line, name.end())
            kind = value.lastgroup if value is not None else None
            if value is None or kind is None:
                raise SyntaxProblem(f"`{name[0]}` has no value", at + start, "write name = 'value'")
            wrong = kind == "bare" and not _BARE.fullmatch(value[kind])
            if wrong or not _REST.match(line, value.end()):
                message = f"the value of `{name[0]}` needs quotes, or text follows it"
                raise SyntaxProblem(message, at + value.start(kind), "put the value into single quotes")
            begin, end = value.span(kind)
            setting_text = value[kind] if kind == "bare" else _ESCAPE.sub(_unescaped, value[kind][1:-1])
            spans = Span(at + start, at + end), Span(at + begin, at + end)
            found.append(SettingLine(name[0].lower(), setting_text, *spans))
        at += len(line) + 1
    return found


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return "'"
    if found[1][0] in "01234567":
        return chr(int(found[1], 8) & 0xFF)
    return _ESCAPED.get(found[1], found[1])


def encoded(value: str) -> str:
    """The value as it must be written to be read back."""
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


def set_value(source: Text, lines: list[SettingLine], name: str, value: str) -> list[Edit]:
    """The value written where the setting is written last, or on a new last line. No edits when it is there already."""
    found = [line for line in lines if line.name == name.lower()]
    if not found:
        return [appended(source, len(source.text), f"{name} = {encoded(value)}")]
    last = found[-1]
    return [] if last.value == value else [Edit(source.path, last.value_span, encoded(value))]


# --- lines of fields ---

_TOKEN = re.compile(r'(?:"(?:[^"\n]|"")*+"?|[^\s,"#])+')
_BETWEEN = re.compile(r"[ \t\r\f]*")


@dataclass(slots=True)
class Token:
    """A word of a field; `quoted`: it stood in quotes, and no word in it means more than itself."""

    text: str
    span: Span
    quoted: bool = False


@dataclass(slots=True)
class FieldLine:
    """A line of fields, each a list of the words between commas. `span` runs from the first to the last."""

    fields: list[list[Token]]

    @property
    def span(self) -> Span:
        return Span(self.fields[0][0].span.start, self.fields[-1][-1].span.end)

    def words(self, number: int) -> list[str]:
        return [token.text for token in self.fields[number]]


def parse_fields(text: str) -> list[FieldLine]:
    """The lines that say something; a backslash at the end of one joins the next to it. Raises SyntaxProblem."""
    bounded(text, "\n")
    found: list[FieldLine] = []
    at = 0
    # The text with a NUL for each line break that ends a line.
    for line in re.sub(r"(?<!\\)(?<!\\\r)\n", "\0", text.replace("\0", " ")).split("\0"):
        fields = _fields(line.replace("\\\n", "  ").replace("\\\r\n", "   "), at)
        if fields:
            found.append(FieldLine(fields))
        at += len(line) + 1
    return found


def _fields(line: str, offset: int) -> list[list[Token]]:
    fields: list[list[Token]] = []
    at, goes_on = 0, False
    while True:
        blank = _BETWEEN.match(line, at)
        at = blank.end() if blank else at
        token = _TOKEN.match(line, at)
        if token is None:
            if at < len(line) and line[at] == ",":  # with nothing before it: the server skips it
                at += 1
                continue
            return fields
        written = token[0]
        quoted = written.startswith('"')
        word = Token(written.replace('"', ""), Span(offset + at, offset + token.end()), quoted)
        if goes_on:
            fields[-1].append(word)
        else:
            fields.append([word])
        at = token.end()
        goes_on = at < len(line) and line[at] == ","
        at += goes_on

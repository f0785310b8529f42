"""Option files of MySQL and MariaDB: groups of `name=value`, and lines that include other files.

Sources: https://dev.mysql.com/doc/refman/8.4/en/option-files.html, mysys/my_default.c of both
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.formats.lines import appended
from batten.model import Edit, Span

_INCLUDE = re.compile(r"!(includedir|include)[ \t]+(\S.*)")
_ESCAPE = re.compile(r"\\([ntrbs\"'\\])")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "s": " "}


@dataclass(slots=True)
class OptionLine:
    """An option as it is written; `value` is None for one that stands alone, and `value_span` is then empty behind it."""

    name: str
    value: str | None
    span: Span
    value_span: Span


@dataclass(slots=True)
class IncludeLine:
    folder: bool
    path: str
    span: Span


@dataclass(slots=True)
class Group:
    """What is below a `[name]` line, up to the next; the first has no name, and holds includes only."""

    name: str
    header: Span
    lines: list[OptionLine | IncludeLine] = field(default_factory=list)

    @property
    def options(self) -> list[OptionLine]:
        return [line for line in self.lines if isinstance(line, OptionLine)]


def parse_options(text: str) -> list[Group]:
    """The groups in their order; one name may stand twice. Raises SyntaxProblem."""
    bounded(text, "\n")
    groups = [Group("", Span(0, 0))]
    at = 0
    for line in text.split("\n"):
        body = line.strip(" \t\r\ufeff")
        start = at + (len(line) - len(line.lstrip(" \t\r\ufeff")))
        at += len(line) + 1
        if not body or body[0] in "#;":
            continue
        if body[0] == "[":
            end = body.find("]")
            if end < 0:
                raise SyntaxProblem("a group's '[' is not closed", start, "write [mysqld]")
            groups.append(Group(body[1:end].strip(), Span(start, start + end + 1)))
        elif body[0] == "!":
            found = _INCLUDE.match(body)
            if found is not None:
                where = Span(start, start + len(body))
                groups[-1].lines.append(IncludeLine(found[1] == "includedir", found[2].strip(), where))
        else:
            if len(groups) == 1:
                raise SyntaxProblem("an option stands before every group", start, "put it below [mysqld]")
            groups[-1].lines.append(_option(body, start))
    return groups


def _option(body: str, start: int) -> OptionLine:
    body = _without_comment(body).rstrip()
    name, sign, rest = body.partition("=")
    name = name.rstrip()
    end = start + len(body)
    if not sign:
        return OptionLine(name, None, Span(start, end), Span(end, end))
    value = rest.strip()
    begin = end - len(rest.lstrip()) if value else end
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        value = value[1:-1]
    text = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), value)
    return OptionLine(name, text, Span(start, end), Span(begin, end))


def _without_comment(body: str) -> str:
    """The line up to a `#` outside quotes."""
    if "#" not in body:
        return body
    quote, escaped = "", False
    for at, sign in enumerate(body):
        if sign in "\"'" and not escaped:
            quote = sign if not quote else "" if quote == sign else quote
        if not quote and sign == "#":
            return body[:at]
        escaped = bool(quote) and sign == "\\" and not escaped
    return body


def set_option(source: Text, line: OptionLine, value: str) -> Edit:
    """The value written in the place of the one that an option has."""
    if line.value is None:
        return Edit(source.path, line.value_span, f"={value}")
    return Edit(source.path, line.value_span, value)


def add_option(source: Text, groups: list[Group], names: tuple[str, ...], option: str) -> Edit:
    """An option as a new line below the last group of one of these names, which is made where there is none."""
    found = [group for group in groups if group.name in names]
    if not found:
        return appended(source, len(source.text), f"[{names[0]}]\n{option}")
    last = found[-1]
    end = last.options[-1].span.end if last.options else last.header.end
    return appended(source, end, option)

"""Files of PgBouncer: sections of `name = value`, without quotes or comments behind a value, and lists of users.

Source: https://www.pgbouncer.org/config.html, lib/usual/cfparser.c
"""

from __future__ import annotations

import re

from batten.formats.document import SyntaxProblem, bounded
from batten.formats.mysql import Group, IncludeLine, OptionLine
from batten.formats.postgres import Token
from batten.model import Span

_USER = re.compile(r'[ \t]*("(?:[^"\n]|"")*")[ \t]+("(?:[^"\n]|"")*")')


def parse_pools(text: str) -> list[Group]:
    """The sections in their order; `%include` stands among their lines. Raises SyntaxProblem."""
    bounded(text, "\n")
    groups = [Group("", Span(0, 0))]
    at = 0
    for line in text.split("\n"):
        body = line.strip(" \t\r\ufeff")
        start = at + (len(line) - len(line.lstrip(" \t\r\ufeff")))
        at += len(line) + 1
        if not body or body[0] in "#;":
            continue
        where = Span(start, start + len(body))
        if body[0] == "[":
            if not body.endswith("]"):
                raise SyntaxProblem("a section's '[' is not closed", start, "write [pgbouncer]")
            groups.append(Group(body[1:-1].strip(), where))
        elif body.startswith("%include"):
            groups[-1].lines.append(IncludeLine(False, body.removeprefix("%include").strip(), where))
        else:
            name, sign, rest = body.partition("=")
            if not sign:
                raise SyntaxProblem(f"`{name.split()[0]}` has no value", start, "write name = value")
            value, end = rest.strip(), start + len(body)
            begin = end - len(rest.lstrip()) if value else end
            groups[-1].lines.append(OptionLine(name.strip(), value, Span(start, end), Span(begin, end)))
    return groups


def parse_users(text: str) -> list[tuple[Token, Token]]:
    """The names and secrets of userlist.txt. Raises SyntaxProblem of a text that is too long."""
    bounded(text, "\n")
    found: list[tuple[Token, Token]] = []
    at = 0
    for line in text.split("\n"):
        pair = _USER.match(line)
        if pair is not None:
            found.append((_token(pair, 1, at), _token(pair, 2, at)))
        at += len(line) + 1
    return found


def _token(pair: re.Match[str], number: int, offset: int) -> Token:
    text = pair[number][1:-1].replace('""', '"')
    return Token(text, Span(offset + pair.start(number), offset + pair.end(number)), quoted=True)

"""Formats of access logs: a regular expression over whole blocks of lines, made of the fields that a server writes.

Sources: nginx ngx_http_log_module, Apache mod_log_config, Envoy access logging, HAProxy "HTTP log format", Traefik and Caddy access
logs, AWS "Access logs for your Application Load Balancer", CloudFront standard logs, W3C extended log file format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from typing import cast

from batten.logs.calls import LONGEST_CLIENT, Calls, marked
from batten.model.record import record


class Part(Enum):
    """What a field holds. The values are the groups of the expression."""

    CLIENT = "client"
    TIME = "time"  # to the minute, as it is written
    REQUEST = "request"  # method, target and protocol
    METHOD = "method"
    TARGET = "target"  # path and query
    PATH = "path"
    QUERY = "query"
    STATUS = "status"
    OTHER = "other"


@record
class Field:
    part: Part
    to: str = ""  # where an OTHER field ends: a character; "" for the next literal's first
    like: str = ""  # an OTHER field's own expression


Piece = str | Field

# Sets are written out, for categories such as \d take longer; what is seldom there is asked for last.
_CLOCK = r"(?:[0-9]{2}/[A-Z][a-z][a-z]/[0-9]{4}:[0-9]{2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T \t][0-9]{2}:[0-9]{2}|[0-9]{10})"
_REST_OF_TIME = r"(?::[0-9.,]*+)?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?(?:\.[0-9]+)?"
_ORIGIN = r"(?:(?:https?|wss?)://[^/ \"?\n]*+)?"
_QUOTED = r'[^"\\\n]*+(?:(?=")|(?:\\.[^"\\\n]*+)*+)'
_NAMELESS = r"[^\n]{0,512}?"  # a field that nothing separates from the next
_VERB = r"(?P<method>[A-Z][A-Z-]{0,20})"
_APART = r' \t\n\r\x0b\x0c",'


@record
class LogFormat:
    """`name` is what reports call it."""

    name: str
    pieces: tuple[Piece, ...]
    before: bytes = b""  # the expression of what stands before each line

    def calls(self, block: bytes) -> Calls:
        """What the lines of a block say; lines of another form are left out."""
        expression, places = _compiled(self.pieces, self.before)
        step = expression.groups + 1
        pieces = cast(list[bytes], expression.split(block))
        columns = [pieces[place::step] if place else [b""] * (len(pieces) // step) for place in places]
        try:
            b"".join(columns[_METHOD])
        except TypeError:  # no request in the line: None in its column
            columns = [[part or b"" for part in column] for column in columns]
        if any(isinstance(piece, Field) and piece.part is Part.QUERY for piece in self.pieces):
            columns[_QUERY] = marked(columns[_QUERY])
        return Calls(columns, b"".join(pieces[::step]))

    @property
    def is_whole(self) -> bool:
        """Whether it says enough to be of use: which call, and how it was answered."""
        return {"method", "path", "status"} <= _compiled(self.pieces, self.before)[0].groupindex.keys()


@cache
def _compiled(pieces: tuple[Piece, ...], before: bytes) -> tuple[re.Pattern[bytes], tuple[int, ...]]:
    """The expression, and the group of each part; 0 for what this format does not say."""
    written = b"^" + before + _expression(pieces).encode()
    expression = re.compile(written, re.MULTILINE)  # ours: what a configuration says is escaped in it
    return expression, tuple(expression.groupindex.get(name, 0) for name in _GROUPS)


_GROUPS_OF = {
    Part.REQUEST: {"method", "path", "query"},
    Part.TARGET: {"path", "query"},
}
_GROUPS = ("client", "time", "method", "path", "query", "status")
_METHOD, _QUERY = _GROUPS.index("method"), _GROUPS.index("query")


def _expression(pieces: Iterable[Piece]) -> str:
    """A line as far as the last field of interest; the rest of it is not looked at."""
    known: set[str] = set()
    made: list[str] = []
    every = _joined(pieces)
    last = max((n for n, piece in enumerate(every) if _matters(piece)), default=-1)
    for number, piece in enumerate(every[: last + 1]):
        if isinstance(piece, str):
            made.append(re.escape(piece))
            continue
        before = every[number - 1] if number else ""
        after = every[number + 1] if number + 1 < len(every) else "\n"
        made.append(_field(piece, str(before)[-1:], str(after)[:1] if isinstance(after, str) else "", known))
    return "".join(made) + r"[^\n]*+"


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    made: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and made and isinstance(made[-1], str):
            made[-1] += piece
        elif piece != "":
            made.append(piece)
    return made


def _matters(piece: Piece) -> bool:
    return isinstance(piece, Field) and piece.part is not Part.OTHER


def _field(field: Field, before: str, after: str, known: set[str]) -> str:
    """One field's expression. A part that was there before is not taken again: the first one stands."""
    is_quoted = before == '"' and after == '"'
    anything = field.like or (_QUOTED if is_quoted else _until(field.to or after))
    part = field.part
    if part is Part.OTHER or known & _GROUPS_OF.get(part, {part.value}):
        return anything
    known.add(part.value)
    end = re.escape(after) if after not in (" ", '"', "\n", "\t", "?") else ""
    path = _ORIGIN + rf"(?P<path>[^ \"?#\n\t{end}]*+)"
    query = rf"(?P<query>[^ \"\n\t{end}]*+)"
    match part:
        case Part.CLIENT:
            # A port behind it is no part of it. Some are what callers say: what is longer than an address is cut off.
            if after == ":":
                return rf"(?P<client>[^{_APART}]{{0,{LONGEST_CLIENT}}})"
            more = rf"[^{_APART}{end}]"
            return rf"(?P<client>{more}{{0,{LONGEST_CLIENT}}}+){more}*+(?:,{anything})?"
        case Part.TIME:
            return rf"(?P<time>{_CLOCK})" + (r"[^\[\]\"\n]*+" if after in ("]", '"') else _REST_OF_TIME)
        case Part.REQUEST:
            known.update(("method", "path", "query"))
            return rf"(?:{_VERB} {path}{query}{anything}|{anything})"
        case Part.METHOD:
            return rf"(?:{_VERB}|{anything})"
        case Part.TARGET:
            known.update(("path", "query"))
            return path + query
        case Part.PATH:
            return path
        case Part.QUERY:
            return query
        case Part.STATUS:
            return r"(?P<status>[0-9]{1,3}|-|)"
    return anything


def _until(character: str) -> str:
    return rf"[^{re.escape(character)}\n]*+" if character else _NAMELESS


def _parts(*names: str) -> tuple[Piece, ...]:
    """`{client}` and so on stand for fields, `{}` for what is not looked at; all else is written as it is."""
    made: list[Piece] = []
    for name in names:
        made.append(Field(Part(name[1:-1] or "other")) if name.startswith("{") else name)
    return tuple(made)


_COMMON = ("{client}", " ", Field(Part.OTHER, "["), "[", "{time}", '] "', "{request}", '" ', "{status}")


def _of(*pieces: Piece) -> tuple[Piece, ...]:
    return tuple(p for piece in pieces for p in (_parts(piece) if isinstance(piece, str) else (piece,)))


_ENVOY = ("[", "{time}", '] "', "{method}", " ", "{target}", " ", "{}", '" ', "{status}")
_HOST_AND_PORT = Field(Part.OTHER, like=r"[^\s:]++:\d{1,5}(?= [0-9a-fA-F.:]++ )")
_TO_QUOTE = Field(Part.OTHER, '"')
BUILT_IN = (
    LogFormat("vhost combined", _of(_HOST_AND_PORT, " ", *_COMMON)),  # Debian's other_vhosts_access.log
    LogFormat("combined", _of(*_COMMON)),  # nginx, Apache, Traefik, ingress-nginx, API Gateway (CLF)
    LogFormat("Envoy", _of(*_ENVOY, *(" ", "{}") * 5, ' "', "{client}", '"')),
    LogFormat("Istio", _of(*_ENVOY, *(" ", "{}") * 3, ' "', "{}", '" ', *("{}", " ") * 4, '"', "{client}", '"')),
    LogFormat(
        "HAProxy",
        _of("{client}", ":", "{}", " [", "{time}", "] ", "{}", " ", "{}", " ", "{}", " ", "{status}", " ",
            _TO_QUOTE, '"', "{request}", '"'),
    ),
    LogFormat(
        "AWS load balancer",
        _of("{}", " ", "{time}", " ", "{}", " ", "{client}", ":", "{}", " ", "{}", " ", "{}", " ", "{}", " ",
            "{}", " ", "{status}", " ", "{}", " ", "{}", " ", "{}", ' "', "{request}", '"'),
    ),
)  # fmt: skip

# What stands before a line that a container's or a system's log took in.
PREFIXES = {
    "": b"",
    "docker compose": rb"[\w.-]+ +\| ",
    "Kubernetes": rb"\S+ std(?:out|err) [FP] ",
    "syslog": rb"(?:<\d{1,3}>)?(?:\d )?(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) \S+ [^\s:]+: ",
}

_W3C = {
    "date": Part.TIME, "cs-method": Part.METHOD, "cs-uri-stem": Part.PATH, "cs-uri-query": Part.QUERY,
    "cs-uri": Part.TARGET, "sc-status": Part.STATUS, "c-ip": Part.CLIENT,
}  # fmt: skip


def of_header(line: bytes) -> tuple[LogFormat, ...]:
    """The formats that a line `#Fields: date time cs-method …` may define: CloudFront writes tabs between the values, IIS blanks.
    Empty where it is another line."""
    if not line.startswith(b"#Fields:"):
        return ()
    names = line[len(b"#Fields:") :].decode("latin-1").split()
    return tuple(LogFormat("W3C", tuple(_w3c(names, between))) for between in ("\t", " "))


def _w3c(names: list[str], between: str) -> Iterator[Piece]:
    for number, name in enumerate(names):
        if name == "time" and names[number - 1] == "date":
            continue  # both are one field here
        yield from (between,) if number else ()
        yield Field(_W3C.get(name.lower(), Part.OTHER), between)

"""Formats of access logs: a regular expression over whole blocks of lines, made of the fields that a server writes.

Sources: nginx ngx_http_log_module, Apache mod_log_config, Envoy access logging, HAProxy "HTTP log format", Traefik and Caddy access
logs, AWS "Access logs for your Application Load Balancer", CloudFront standard logs, W3C extended log file format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import compress
from typing import cast

from batten.logs.calls import Calls, marked
from batten.logs.expressions import Field, Part, Piece, likely, whole
from batten.model.record import record


@record
class LogFormat:
    """`name` is what reports call it."""

    name: str
    pieces: tuple[Piece, ...]
    before: bytes = b""  # the expression of what stands before each line

    def calls(self, block: bytes) -> Calls:
        """What the lines of a block say; lines of another form are left out."""
        _, *usual = _compiled(self.pieces, self.before)
        expression = next((one for one in usual if one.match(block)), None)
        if expression is None:
            return self._exactly(block)
        pieces = cast(list[bytes], expression.split(block))
        columns, between = _columns(expression, pieces)
        left = b"".join(between)
        if not left:
            return self._made(columns, left)
        if left.count(b"\n") * _FEW > len(between):
            return self._exactly(block)
        return self._filled(columns, between)

    def _exactly(self, block: bytes) -> Calls:
        expression = _compiled(self.pieces, self.before)[0]
        columns, between = _columns(expression, cast(list[bytes], expression.split(block)))
        return self._made(columns, b"".join(between))

    def _filled(self, columns: list[list[bytes]], between: list[bytes]) -> Calls:
        """Also what lines say that are unlike most, each at its place: calls are in the order of time."""
        made: list[list[bytes]] = [[] for _ in columns]
        missed: list[bytes] = []
        taken = 0
        for place in compress(range(len(between)), between):
            odd = self._exactly(between[place])
            for every, column, other in zip(made, columns, odd.columns, strict=True):
                every += column[taken:place]
                every += other
            taken = place
            missed.append(odd.missed)
        for every, column in zip(made, columns, strict=True):
            every += column[taken:]
        return self._made(made, b"\n".join(missed))

    def _made(self, columns: list[list[bytes]], missed: bytes) -> Calls:
        try:
            b"".join(columns[_METHOD])
        except TypeError:  # no request in the line: None in its column
            columns = [[part or b"" for part in column] for column in columns]
        if any(isinstance(piece, Field) and piece.part is Part.QUERY for piece in self.pieces):
            columns[_QUERY] = marked(columns[_QUERY])
        return Calls(columns, missed)

    @property
    def is_whole(self) -> bool:
        """Whether it says enough to be of use: which call, and how it was answered."""
        return {"method", "path", "status"} <= _compiled(self.pieces, self.before)[0].groupindex.keys()


@cache
def _compiled(pieces: tuple[Piece, ...], before: bytes) -> tuple[re.Pattern[bytes], ...]:
    """The expression of any line of a format, and then those of what most lines are."""
    every = (whole(pieces), *likely(pieces))
    # ours: what a configuration says is escaped in it
    return tuple(re.compile(b"^" + before + one.encode(), re.MULTILINE) for one in every)


def _columns(expression: re.Pattern[bytes], pieces: list[bytes]) -> tuple[list[list[bytes]], list[bytes]]:
    """What was found in each line, by part, and what is between such lines. Nothing where a format does not say a part."""
    step = expression.groups + 1
    places = [expression.groupindex.get(name, 0) for name in _GROUPS]
    nothing = [b""] * (len(pieces) // step)
    return [pieces[place::step] if place else nothing for place in places], pieces[::step]


_GROUPS = ("client", "time", "method", "path", "query", "status")
_METHOD, _QUERY = _GROUPS.index("method"), _GROUPS.index("query")
_FEW = 8  # one line in so many may be unlike the others, or all are taken with the expression of any


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

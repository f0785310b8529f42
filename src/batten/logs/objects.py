"""Logs with one JSON object a line: Caddy, Traefik, Envoy, AWS API Gateway, and whatever a `log_format` calls its members.

Sources: Caddy "log" directive, Traefik "Logs & Access Logs: JSON fields", AWS "Set up logging for REST APIs"; the other names are
those that ECS and OpenTelemetry give (http.request.method, url.path, http.response.status_code).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import msgspec

from batten.logs.formats import Call
from batten.model.record import record

_DEEPEST = 3  # objects inside objects
_NAMES = {
    "client": (
        "clientip remoteip remoteaddr clienthost clientaddr clientaddress sourceip ip downstreamremoteaddress xforwardedfor host"
    ),
    "time": "timelocal timeiso8601 startutc starttime timestamp time ts msec requesttime date",
    "request": "request requestline",
    "method": "method requestmethod httpmethod httprequestmethod verb",
    "target": "uri requesturi target originalpath urloriginal requestpath path urlpath resourcepath url",
    "query": "query querystring args urlquery",
    "status": "status statuscode downstreamstatus responsecode responsestatus httpresponsestatuscode originstatus code",
}  # fmt: skip
_RANKED = {part: {name: rank for rank, name in enumerate(names.split())} for part, names in _NAMES.items()}
_LINE = re.compile(rb"([A-Z][A-Z-]{0,20}) ([^ ]*)")
_TARGET = re.compile(rb"(?:(?:https?|wss?)://[^/?#]*+)?([^?#]*+)([^ ]*+)")
_CLOCK = re.compile(rb"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{10}(?=\d{3}$|\.|$)")
_BLANK = re.compile(rb"[ \n]")

Names = tuple[str, ...]  # of a member within members
_decode: Callable[[bytes], object] = msgspec.json.Decoder().decode


@record
class JsonFormat:
    """Which members hold the parts of a call."""

    name: str
    members: Mapping[str, Names]
    before: bytes = b""  # the expression of what stands before each object

    def calls(self, block: bytes) -> list[Call]:
        """What the objects of a block say, a line each."""
        found = (_object(line, self.before) for line in block.split(b"\n"))
        return [call for one in found if one is not None and (call := self._call(one)) is not None]

    @property
    def is_whole(self) -> bool:
        said = self.members.keys()
        return "status" in said and ("request" in said or {"method", "target"} <= said)

    def _call(self, one: Mapping[str, object]) -> Call | None:
        part = {name: _bytes(_member(one, path)) for name, path in self.members.items()}
        status = part.get("status", b"")
        if not status.isdigit():
            return None
        method, target = part.get("method", b""), part.get("target", b"")
        if line := part.get("request"):
            match = _LINE.match(line)
            method, target = (match[1], match[2]) if match else (b"", b"")
        url = _TARGET.match(target)
        path, query = (url[1], url[2]) if url else (b"", b"")
        client = part.get("client", b"").partition(b",")[0].strip()
        clock = _CLOCK.match(part.get("time", b""))
        when = clock[0] if clock else b""
        return client, when, _whole(method), _whole(path), query or part.get("query", b""), status


def _whole(text: bytes) -> bytes:
    """Without blanks and ends of lines, as the other formats write it."""
    return _BLANK.sub(lambda found: b"%%%02X" % found[0][0], text) if _BLANK.search(text) else text


def of_lines(lines: list[bytes], before: bytes = b"") -> JsonFormat | None:
    """The format that most members of the sampled objects show; None where they are no objects or say no call."""
    for one in (_object(line, before) for line in lines):
        if one is None:
            continue
        made = JsonFormat("JSON", dict(_members(one)), before)
        if made.is_whole:
            return made
    return None


def _members(one: Mapping[str, object]) -> Iterator[tuple[str, Names]]:
    """The member of each part: the name that stands first in the table, the outer one before the inner."""
    flat = list(_flat(one, ()))
    for part, ranks in _RANKED.items():
        fitting = [
            (ranks[key], len(path), path)
            for path, value in flat
            for key in (_plain(path[-1]), _plain("".join(path)))
            if key in ranks and _may_be(part, value)
        ]
        if fitting:
            yield part, min(fitting)[2]


def _may_be(part: str, value: object) -> bool:
    match part:
        case "time":
            return _CLOCK.match(str(value).encode()) is not None
        case "status":
            return re.fullmatch(r"\d{3}", str(value)) is not None
        case "request":
            return isinstance(value, str) and _LINE.match(value.encode()) is not None
        case "target":
            return isinstance(value, str) and value.startswith(("/", "http", "*"))
        case "client":
            return isinstance(value, str) and re.match(r"[\da-fA-F.:]+(?:,|$)", value) is not None
    return isinstance(value, str)


def _flat(one: Mapping[str, object], above: Names) -> Iterator[tuple[Names, object]]:
    for name, value in one.items():
        if isinstance(value, dict) and len(above) < _DEEPEST:
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _object(line: bytes, before: bytes) -> Mapping[str, object] | None:
    if before:
        start = re.match(before, line)  # ours: one of PREFIXES
        line = line[start.end() :] if start else b""
    if not line.startswith(b"{"):
        return None
    try:
        made = _decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast(Mapping[str, object], made) if isinstance(made, dict) else None


def _member(one: Mapping[str, object], path: Names) -> object:
    found: object = one
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _bytes(value: object) -> bytes:
    return b"" if value is None or isinstance(value, dict | list) else str(value).encode()

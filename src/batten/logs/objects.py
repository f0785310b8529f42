"""Logs with one JSON object a line: Caddy, Traefik, Envoy, AWS API Gateway, and whatever a `log_format` calls its members.

Sources: Caddy "log" directive, Traefik "Logs & Access Logs: JSON fields", AWS "Set up logging for REST APIs"; the other names are
those that ECS and OpenTelemetry give (http.request.method, url.path, http.response.status_code).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import compress
from operator import not_
from typing import cast

import msgspec

from batten.logs.calls import NONE, Calls, Column, joined, marked
from batten.logs.columns import Decoder, Names, Unusual, client, moment, written
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
_BLANK = re.compile(rb"[ \n]")

Call = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
_decode: Callable[[bytes], object] = msgspec.json.Decoder().decode


@record
class JsonFormat:
    """Which members hold the parts of a call."""

    name: str
    members: Mapping[str, Names]
    before: bytes = b""  # the expression of what stands before each object

    def calls(self, block: bytes) -> Calls:
        """What the objects of a block say, a line each."""
        lines = block.removesuffix(b"\n").split(b"\n")
        decoder = _decoder(tuple(self.members.items()))
        # The lines without what stands before each; None where it does not stand before one of them.
        count = len(lines)
        if not self.before:
            bare: bytes | None = block
        else:
            without_bare, found = re.subn(
                b"^" + self.before, b"", block, flags=re.MULTILINE
            )  # ours: one of PREFIXES
            bare = without_bare if found == count else None
        if decoder is None or bare is None:
            return self._slowly(lines)
        objects, odd = decoder.every(bare, len(lines)), list[bytes]()
        if objects is None:
            # The objects, their lines, and the lines that are none.
            one_objects: list[object] = []
            kept: list[bytes] = []
            one_odd: list[bytes] = []
            for line in lines:
                try:
                    one_objects.append(decoder.one(line if line.startswith(b"{") else b""))
                    kept.append(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    one_odd.append(line)
            objects, lines, odd = one_objects, kept, one_odd
        try:
            quick = _answered(decoder.columns(objects), lines)
        except Unusual:
            quick, odd = NONE, lines + odd
        return joined(quick, self._slowly(odd)) if odd else quick

    def _slowly(self, lines: list[bytes]) -> Calls:
        found: list[Call] = []
        missed: list[bytes] = []
        for line in lines:
            one = _object(line, self.before)
            call = self._call(one) if one is not None else None
            if call is None:
                missed.append(line)
            else:
                found.append(call)
        return Calls(list(zip(*found, strict=True)) or [()] * 6, b"\n".join(missed))

    @property
    def is_whole(self) -> bool:
        said = self.members.keys()
        return "status" in said and ("request" in said or {"method", "target"} <= said)

    def _call(self, one: Mapping[str, object]) -> Call | None:
        part = {name: written(_member(one, path)) for name, path in self.members.items()}
        status = part.get("status", b"")
        if not status.isdigit():
            return None
        method, target = part.get("method", b""), part.get("target", b"")
        if line := part.get("request"):
            match = _LINE.match(line)
            method, target = (match[1], match[2]) if match else (b"", b"")
        url = _TARGET.match(target)
        path, query = (url[1], url[2]) if url else (b"", b"")
        when = moment(part.get("time", b"").decode())
        query = query or marked([part.get("query", b"")])[0]
        return client(part.get("client", b"")), when, _whole(method), _whole(path), query, status


@lru_cache(16)
def _decoder(members: tuple[tuple[str, Names], ...]) -> Decoder | None:
    """What reads these members of many objects at once; None where they cannot be read so."""
    try:
        return Decoder(dict(members))
    except (Unusual, ValueError):
        return None


def _answered(columns: list[Column], lines: list[bytes]) -> Calls:
    """Those of the lines that have a status."""
    told = [status.isdigit() for status in columns[-1]]
    if all(told):
        return Calls(columns)
    missed = b"\n".join(compress(lines, map(not_, told)))
    return Calls([list(compress(column, told)) for column in columns], missed)


def _whole(text: bytes) -> bytes:
    """Without blanks and ends of lines, as the other formats write it."""
    return _BLANK.sub(lambda found: b"%%%02X" % found[0][0], text) if _BLANK.search(text) else text


def of_lines(lines: list[bytes], before: bytes = b"") -> JsonFormat | None:
    """The format that most members of the sampled objects show; None where they are no objects or say no call."""
    for one in (_object(line, before) for line in lines):
        if one is None:
            continue
        # The member of each part: the name that stands first in the table, the outer one before the inner.
        members: list[tuple[str, Names]] = []
        flat = list(_flat(one, ()))
        for part, ranks in _RANKED.items():
            fitting = [
                (ranks[key], len(path), path)
                for path, value in flat
                for key in (_plain(path[-1]), _plain("".join(path)))
                if key in ranks and _may_be(part, value)
            ]
            if fitting:
                members.append((part, min(fitting)[2]))
        made = JsonFormat("JSON", dict(members), before)
        if made.is_whole:
            return made
    return None


def _may_be(part: str, value: object) -> bool:
    match part:
        case "time":
            return moment(str(value)) != b""
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
    except UnicodeDecodeError:  # servers write bytes as clients send them
        return _object(line.decode("utf-8", "replace").encode(), b"")
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast(Mapping[str, object], made) if isinstance(made, dict) else None


def _member(one: Mapping[str, object], path: Names) -> object:
    found: object = one
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found

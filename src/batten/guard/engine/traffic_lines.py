"""A server's access log, line by line: counted as the guard in Python counts."""

from __future__ import annotations

import msgspec

from batten.guard.compiled import Compiled
from batten.guard.options import Rule
from batten.guard.proxy.meter import Meter
from batten.guard.traffic.counts import Sighting, Traffic, masked, told

_REASONS = {
    "the status is not declared": Rule.ANSWER_STATUS,
    "the media type is not declared": Rule.ANSWER_MEDIA_TYPE,
    "two media types": Rule.ANSWER_MEDIA_TYPE,
    "it broke off": Rule.ANSWER_ERROR,
}
_REFUSED = {"request": Rule.REQUEST_BODY, "parameters": Rule.PARAMETERS}  # by the scripts
_REFUSALS = {401: Rule.CREDENTIALS, 403: Rule.ORIGIN, 404: Rule.PATH, 405: Rule.VERB, 413: Rule.SIZE, 415: Rule.MEDIA_TYPE, 421: Rule.HOST,
             422: Rule.REQUEST_BODY}  # fmt: skip
_HEADS = frozenset((400, 408, 411, 414, 417, 431, 501, 505))


class Line(msgspec.Struct):
    """One answered request. `a` is the application's status where that is not what was sent, `r` why it is not."""

    m: str | None = None
    p: str | None = None
    s: str | int | None = None
    t: str | int | float | None = None
    u: str | None = None  # nginx: the upstream's status
    a: str | int | None = None
    r: str | None = None
    d: str | None = None  # Envoy: who answered
    o: str | None = None  # Envoy: what its script refused


DECODER = msgspec.json.Decoder(Line)


def count(line: bytes, seconds: float, compiled: Compiled, meter: Meter, traffic: Traffic | None) -> None:
    """`seconds` is what one of the server's units of time comes to."""
    try:
        read = DECODER.decode(line)
    except msgspec.DecodeError:
        return
    status = _number(read.s)
    if not 100 <= status <= 599:
        return  # the connection ended before there was an answer
    # The operation's label; "" for a request without an operation.
    offered = compiled.matcher.offered(read.p or "")
    operation = offered[1].get(read.m or "") if offered is not None else None
    try:
        time = float(read.t or 0)
    except ValueError:
        time = 0.0
    meter.answered(status, time * seconds, operation.label if operation is not None else "")
    method, path = read.m or "", read.p or ""
    answered = _answered(read, status)
    reason = read.r or ""
    refused = _REFUSED.get(reason) or _REFUSED.get(read.o or "")
    if refused is not None:
        found: Sighting | None = Sighting(refused, method, _template(compiled, path), enforced=True)
    elif answered:
        if not reason:
            found = None
        else:
            broken = _REASONS.get(reason, Rule.ANSWER_BODY)
            found = Sighting(broken, method, _template(compiled, path), answered, told(reason), True)
    else:
        rule = Rule.HEAD if status in _HEADS else _REFUSALS.get(status)
        if rule is None:
            found = None
        else:
            found = Sighting(
                rule, method, "(malformed)" if rule is Rule.HEAD else _template(compiled, path), enforced=True
            )
    if found is not None:
        meter.enforced(found.rule)
        if traffic is not None:
            traffic.add(found)


def _answered(read: Line, status: int) -> int:
    """The application's status; 0 where it was not asked or has not answered."""
    if _number(read.a):
        return _number(read.a)
    if read.d == "via_upstream":
        return status
    return _number((read.u or "").rpartition(" ")[2])


def _template(compiled: Compiled, path: str) -> str:
    offered = compiled.matcher.offered(path)
    return offered[0] if offered is not None else masked(path)


def _number(value: str | int | None) -> int:
    try:
        return int(value or 0)
    except ValueError:
        return 0

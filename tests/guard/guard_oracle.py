"""What must hold of every connection that was played (guard_memory.py), whatever its client and its upstream sent."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any, NamedTuple

from guard_memory import Memory
from guard_readings import (
    ReadAnswer,
    ReadRequest,
    answers_by_h11,
    answers_by_llhttp,
    requests_by_h11,
    requests_by_llhttp,
)

_CLOSING = frozenset((400, 408, 413, 414, 417, 431, 501))
_PROTECTION = (b"x-content-type-options", b"nosniff")


class Outcome(NamedTuple):
    """What two ways of sending the same bytes must have in common."""

    asked: list[ReadRequest]
    answered: list[tuple[int, bytes]]
    cut: bool
    refused: bool  # as something that nobody reads alike: the last answer


def outcome(memory: Memory, enforces: bool) -> Outcome:
    """Raises AssertionError, or what a reader raises of bytes that it does not take."""
    asked = [request for far in memory.fars for request in upstream_read(bytes(far.written))]
    assert not any(far.refused for far in memory.fars)
    answers = client_read(memory)
    whole = [answer for answer in answers if answer.whole]
    lines = memory.noted.lines
    if enforces:
        for (request, _), answer in zip(lines, whole, strict=False):
            assert may_get_out(request, answer), (request, answer)
    refused = bool(lines) and lines[-1][0] is None
    for number, (request, status) in enumerate(lines):
        if request is None or (status in _CLOSING and _is_own(whole[number : number + 1])):
            assert number == len(lines) - 1, "something is answered after a refusal that ends the connection"
            assert memory.near.closed or memory.near.ended
    answered = [(answer.status, _told(answer)) for answer in whole]
    return Outcome(asked, answered[:-1] if refused else answered, len(whole) < len(answers), refused)


def upstream_read(raw: bytes) -> list[ReadRequest]:
    """The whole requests on a connection to the upstream, as both readers take them."""
    first, second = requests_by_h11(raw), requests_by_llhttp(raw)
    assert first == second, (first, second)
    return first


def client_read(memory: Memory) -> list[ReadAnswer]:
    """What the client got, as both readers take it."""
    lines, raw = memory.noted.lines, bytes(memory.near.written)
    methods = [request.method.encode() if request is not None else b"GET" for request, _ in lines]
    current = memory.front._asked  # whose answer was begun, and cut
    tail = [current.method.encode()] if current is not None else []
    gone = memory.near.aborted or memory.front._state == 4
    first = answers_by_h11(raw, methods + tail)
    second = answers_by_llhttp(raw, methods + tail)
    assert first == second, (first, second)
    written = [answer.status for answer in first if answer.whole]
    told = [status for _, status in lines]
    # An answer is told of when it was handed over; a connection that has gone takes none.
    assert written == told[: len(written)] and (gone or len(written) >= len(told)), (written, told)
    return first


def _told(answer: ReadAnswer) -> bytes:
    """The body, but for the reason in the guard's own: it depends on what was seen first."""
    return b"" if _is_own([answer]) else answer.body


def _is_own(answers: list[ReadAnswer]) -> bool:
    return bool(answers) and len(answers[0].body) in (0, 512) and _kind(answers[0]) == "problem"


def _kind(answer: ReadAnswer) -> str:
    kinds = [
        value.split(b";")[0].strip().lower() for name, value in answer.headers if name == b"content-type"
    ]
    assert len(kinds) < 2, "two media types"
    return {b"application/problem+json": "problem", b"application/json": "json", b"text/event-stream": "events"}.get(
        kinds[0] if kinds else b"", "other" if kinds else ""
    )  # fmt: skip


def may_get_out(request: Any, answer: ReadAnswer) -> bool:
    """By hand, for the contract of guard_contracts.py."""
    names = [name for name, _ in answer.headers]
    if request is not None and request.method == "OPTIONS" and answer.status == 204:
        return not answer.body and b"access-control-allow-origin" in names
    assert _PROTECTION in answer.headers and b"x-powered-by" not in names and b"server" not in names
    kind = _kind(answer)
    if kind == "problem" and _is_problem(answer.body):
        return True
    if request is None:
        return False
    path = request.raw_path.decode("latin-1")
    if request.method == "HEAD":
        return not answer.body and (
            kind == "problem" or (path, answer.status, kind) == ("/v1/report", 200, "other")
        )
    if answer.status in (204, 304):
        return not answer.body
    return kind in _ALLOWED.get((request.method, _template(path), answer.status), ()) and (
        kind != "json" or _is_allowed_json(_template(path), request.method, _decoded(answer))
    )


_ALLOWED = {
    ("GET", "/v1/things", 200): ("json",), ("POST", "/v1/things", 201): ("json",),
    ("GET", "/v1/things/{id}", 200): ("json",), ("PUT", "/v1/things/{id}", 200): ("", "json", "other", "events", "problem"),
    ("GET", "/v1/events", 200): ("events",), ("GET", "/v1/events", 206): ("events",), ("GET", "/v1/choice", 200): ("json",),
    ("GET", "/v1/report", 200): ("other",),
}  # fmt: skip


def _template(path: str) -> str:
    if path.startswith("/v1/things/") and path != "/v1/things/mine":
        return "/v1/things/{id}"
    return path


def _decoded(answer: ReadAnswer) -> bytes:
    coding = next(
        (value.lower() for name, value in answer.headers if name == b"content-encoding"), b"identity"
    )
    match coding:
        case b"gzip" | b"x-gzip":
            return gzip.decompress(answer.body)
        case b"deflate":
            return zlib.decompress(answer.body)
        case _:
            assert coding in (b"identity", b""), coding
            return answer.body


def _is_problem(body: bytes) -> bool:
    try:
        return isinstance(_json(body), dict)
    except ValueError:
        return False


def _is_allowed_json(template: str, method: str, body: bytes) -> bool:
    if template == "/v1/things/{id}" and method == "PUT":
        return not body
    try:
        value = _json(body)
    except ValueError:
        return False
    if template == "/v1/choice":
        return isinstance(value, dict) and len(body) % 1024 == 0
    if template == "/v1/things" and method == "GET":
        return isinstance(value, list) and all(map(_is_thing, value))
    return _is_thing(value)


def _is_thing(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"name"}
        and isinstance(value["name"], str)
        and len(value["name"]) <= 10
    )


def _json(body: bytes) -> Any:
    """As strictly as the standard library can be made to."""
    text = body.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark")
    value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is none
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(name)

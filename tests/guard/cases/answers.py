"""Answers: what gets out, what is mended, and what is replaced."""

from __future__ import annotations

from cases.case import GOOD_LIST, TOKEN, Case, asked
from cases.plays import EVENTS

_PROBLEM = b"content-type: application/problem+json\r\n"
_SIZE = b"content-length: 512\r\n"


def _passed(play: str, *shows: bytes, body: bytes | None = GOOD_LIST, status: int = 200, path: str = "/v1/things",
            hides: tuple[bytes, ...] = (), wire: bool = False) -> Case:  # fmt: skip
    return Case(
        f"answer: {play}",
        asked(f"GET {path}", TOKEN, play=play),
        (status,),
        shows=shows,
        hides=hides,
        body=body,
        wire=wire,
    )


def _replaced(
    play: str, status: int = 500, path: str = "/v1/things", wire: bool = False, reaches: int = 1
) -> Case:
    hides = (b"secret", b"location", b"x-debug", b"etag")
    return Case(
        f"replaced: {play}",
        asked(f"GET {path}", TOKEN, play=play),
        (status,),
        reaches,
        shows=(_PROBLEM, _SIZE),
        hides=hides,
        wire=wire,
    )


_PROTECTIONS = (
    b"x-content-type-options: nosniff\r\n", b"x-frame-options: deny\r\n", b"referrer-policy: no-referrer\r\n",
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n", b"cross-origin-resource-policy: same-origin\r\n",
)  # fmt: skip
PASSED = (
    _passed("good", *_PROTECTIONS), _passed("charset"), _passed("upper"), _passed("chunked", b"content-length: 16\r\n"),
    _passed("chunked upper", wire=True), _passed("chunk extension", wire=True), _passed("trailers", hides=(b"x-secret",), wire=True),
    _passed("until close", b"content-length: 16\r\n", wire=True), _passed("http/1.0", wire=True), _passed("no reason", wire=True),
    _passed("empty reason", wire=True), _passed("100 first", wire=True), _passed("103 first", wire=True, hides=(b"link",)),
    _passed("cookies", b"set-cookie: sid=1; secure; httponly; samesite=lax\r\n", b"set-cookie: theme=dark; path=/; secure; samesite=lax\r\n",
            b"set-cookie: csrftoken=2; samesite=strict; secure\r\n"),
    _passed("banners", hides=(b"werkzeug", b"flask", b"x-runtime", b"x-aspnet")),
    _passed("better headers", b"referrer-policy: same-origin\r\n", b"x-frame-options: deny\r\n", b"cache-control: max-age=5\r\n"),
    _passed("hop headers", hides=(b"x-hop", b"keep-alive", b"proxy-authenticate"), wire=True),
    _passed("gzip", b"content-encoding: gzip\r\n", body=None), _passed("deflate", b"content-encoding: deflate\r\n", body=None),
    _passed("304", b"etag: \"a\"\r\n", body=b"", status=304), _passed("304 with a length", body=b"", status=304, wire=True),
    _passed("304 with a body", body=b"", status=304, wire=True),
    _passed("problem", _PROBLEM, body=b'{"title":"Not here"}', status=404),
    _passed("204", body=b"", status=204, path="/v1/things/mine?api_key=1"),
    _passed("204 with a body", body=b"", status=204, path="/v1/things/mine?api_key=1", wire=True),
    _passed("204 in chunks", body=b"", status=204, path="/v1/things/mine?api_key=1", wire=True),
    _passed("events", body=EVENTS, path="/v1/events"), _passed("events in chunks", b"transfer-encoding: chunked", body=EVENTS, path="/v1/events"),
    _passed("events, counted", b"content-length: 18", body=EVENTS, path="/v1/events"),
    _passed("206", b"content-range: bytes 0-1/18", body=b"da", status=206, path="/v1/events"),
    _passed("two answers", wire=True), _passed("length too short", body=None, wire=True, status=500),
    Case("padded", asked("GET /v1/choice"), (200,), shows=(b"content-length: 1024\r\n",)),
    Case("no store where credentials are asked for", asked("GET /v1/things/7", TOKEN), (200,), shows=(b"cache-control: no-store\r\n",)),
    Case("connection: close is honoured", asked("GET /v1/things", "Connection: close"), (200,), closes=True, shows=(b"connection: close\r\n",)),
)  # fmt: skip
REPLACED = (
    *map(_replaced, ("wrong type", "writeOnly", "additional", "twice", "nan", "bom", "not utf-8", "surrogate", "deep", "empty",
                     "garbage after", "page", "no media type", "undeclared status", "redirect", "trace", "large", "gzip that is none",
                     "gzip cut", "gzip bomb", "gzip of wrong", "br", "gzip thrice")),
    _replaced("debug page", 404), _replaced("events", path="/v1/things"), _replaced("good", path="/v1/events"),
    _replaced("problem", 404, "/v1/things/7"),
)  # fmt: skip
BROKEN = (
    *(_replaced(play, 502, wire=True) for play in (
        "cut", "cut head", "cut chunks", "reset in the body", "not http", "http/0.9", "http/2", "status of two digits", "bare lf",
        "obs-fold", "nul", "bare cr", "space before colon", "cl and te", "two lengths", "length +16", "te gzip", "bad chunk",
        "chunk overflow", "lf chunk", "chunk too long", "large head", "101", "100 for ever", "two media types", "unknown status")),
    *(_replaced(play, 502, wire=True, reaches=-1) for play in ("nothing", "reset")),
    *(Case(f"broken stream: {play}", asked("GET /v1/events", play=play), (200,), closes=True, cut=True, wire=True)
      for play in ("cut stream", "cut counted stream", "bad stream chunk")),
)  # fmt: skip
LATE = (
    *(_replaced(play, 504, wire=True) for play in ("hang", "half head", "half body")),
    Case("late: half stream", asked("GET /v1/events", play="half stream"), (200,), closes=True, cut=True, wire=True),
    Case("endless answer", asked("GET /v1/things", play="endless"), (500,), shows=(_PROBLEM, _SIZE), wire=True),
)  # fmt: skip
CASES = PASSED + REPLACED + BROKEN + LATE

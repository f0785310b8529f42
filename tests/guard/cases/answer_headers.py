"""Headers of answers that the contract declares."""

from __future__ import annotations

from cases.case import GOOD_LIST, Case, asked

_TAKEN = (
    ("X-Count: 3",), ("x-count: 0",), ("X-Count: 3", "X-Tags: a,b"), ("X-Count: 3", "X-Tags: a, b"), ("X-Count: 3", "X-Tags: a", "X-Tags: b"), ("X-Count: 3", "X-Page: first,7"),
    ("X-Count: 3", 'X-Meta: {"a":1}'), ("X-Count: 3", "Set-Cookie: a=b"), ("X-Count: 3", "X-Undeclared: 1"), ("X-Count:   3  ",),
)  # fmt: skip
_BAD = (
    (), ("X-Count: many",), ("X-Count: -1",), ("X-Count:",), ("X-Count: 3", "X-Count: 4"), ("X-Count: 3, 4",), ("X-Count: 3.5",), ("X-Count: 3", "X-Tags: a,c"),
    ("X-Count: 3", "X-Tags: a,b,a"), ("X-Count: 3", "X-Page: first,x"), ("X-Count: 3", "X-Page: last,7"), ("X-Count: 3", "X-Page: first"), ("X-Count: 3", "X-Meta: {}"),
    ("X-Count: 3", "X-Meta: {"), ("X-Count: 3", 'X-Meta: {"a":1,"a":2}'),
)  # fmt: skip
PLAYS = {f"headers {number}": headers for number, headers in enumerate((*_TAKEN, *_BAD))}


def _asked(headers: tuple[str, ...]) -> bytes:
    return asked("GET /v1/bodies/headers", play=next(name for name, one in PLAYS.items() if one == headers))


CASES = (
    *(Case(f"answer with {headers}", _asked(headers), (200,), body=GOOD_LIST) for headers in _TAKEN),
    *(Case(f"replaced: answer with {headers}", _asked(headers), (500,), shows=(b"content-length: 512\r\n",), hides=(b"x-count", b"x-tags", b"x-page", b"x-meta")) for headers in _BAD),
)  # fmt: skip

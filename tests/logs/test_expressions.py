"""What the faster expressions of a format take, its own expression takes in the same way."""

from __future__ import annotations

import random
import re

import pytest

from batten.logs.expressions import Piece, likely, whole
from batten.logs.formats import BUILT_IN, of_header
from batten.logs.written import of_string
from proofs import PROOF

ROUNDS = 8_000 if PROOF else 300
GIVEN = (
    "$time_iso8601|$remote_addr|$request_method|$request_uri|$status", "$msec\t$http_x_forwarded_for\t$request\t$status",
    "$remote_addr,$time_iso8601,$request_method,$uri,$args,$status", '"$remote_addr" "$time_local" "$request" "$status"',
    "$remote_addr$request_method $uri?$args $status$bytes_sent", "$http_user_agent [$time_local] $status $request_method $request_uri",
)  # fmt: skip
EVERY = {
    **{form.name: form.pieces for form in BUILT_IN},
    **{text: form.pieces for text in GIVEN if (form := of_string(text))},
    **{f"W3C {n}": form.pieces for n, form in enumerate(of_header(b"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status"))},
}  # fmt: skip
WORDS = [
    "192.0.2.1", "192.0.2.1, 10.0.0.1", "::1", "-", "", "x" * 63, "x" * 64, "x" * 65, "27/Nov/2026:19:44:55 +0000", "2026-11-27T19:44:55+00:00",
    "2026-11-27 19:44:55.5Z", "2026-11-27 19:44", "1795000000.123", "17950000001", "1795000000", "GET", "M-SEARCH", "A" * 21, "A" * 22, "get", "/",
    "/a?b=1", "/a?b=/?c#d", "/a#b", 'b"c', "http://h/p?q", "GET /a HTTP/1.1", "GET /a?b HTTP/1.1\\", "GET /a", "GET  HTTP/1.1", 'GET /a\\" 200 1 "',
    "\\x16\\x03", "200", "20", "2000", "404 ", "[", "]", "|", "\t", ",", '"', "a b", "\r", "\xe9",
]  # fmt: skip
TYPICAL = {
    "client": WORDS[0], "time": WORDS[8], "request": WORDS[26], "method": "GET", "target": "/a?b=1", "path": "/", "query": "b=1",
    "status": "200", "other": "-",
}  # fmt: skip


def line(pieces: tuple[Piece, ...], chance: random.Random) -> str:
    """A line of the format with one to three words that may not fit their fields."""
    odd = {chance.randrange(len(pieces)) for _ in range(chance.randrange(1, 4))}
    time = chance.choice(WORDS[8:15])
    made = []
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            made.append(piece)
        elif number in odd:
            made.append(chance.choice(WORDS))
        else:
            usual = "shop.example:80" if piece.like else TYPICAL[piece.part.value]
            made.append(time if piece.part.value == "time" else usual)
    return "".join(made)


def said(match: re.Match[str]) -> dict[str, str]:
    return {part: text or "" for part, text in match.groupdict().items()}


@pytest.mark.parametrize("name", EVERY)
def test_fewer_lines_are_taken_in_the_same_way(name: str) -> None:
    pieces = EVERY[name]
    expression, *faster = (re.compile("^" + one, re.MULTILINE) for one in (whole(pieces), *likely(pieces)))
    chance = random.Random(name)
    taken = 0
    for _ in range(ROUNDS):
        text = line(pieces, chance) + "\n" + line(pieces, chance) + "\n"
        for found in filter(None, (one.match(text) for one in faster)):
            taken += 1
            slow = expression.match(text)
            assert slow is not None, text
            assert (said(slow), slow.end() + 1) == (said(found), found.end()), text
    assert taken > ROUNDS // 20 or not faster

"""What a fuzzed connection through the guard may come to, and what not. Imported by tools/fuzz_guard.py."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from cases import answers, bodies, framing, origins, targets
from cases.case import asked
from cases.plays import CUT, PLAYS
from guard_memory import Memory, said_usually
from guard_oracle import Outcome, outcome

from batten.guard.options import Mode

PREFIX = 3  # bytes: what to do, and two that chance starts from
OBSERVES, MISHAPS, MIXES = 1, 2, 4
ENDS = 8  # the upstream's bytes end with the connection
_METHODS = ("GET /v1/things", "POST /v1/things", "GET /v1/things/7", "GET /v1/events", "GET /v1/choice", "PUT /v1/things/7", "GET /v1/things/mine?api_key=1",
            "GET /v1/unknown")  # fmt: skip
_LOGIN = ("Authorization: Bearer a", "Content-Type: application/json")
_BODY = b'{"name":"mug"}'


def seeds(side: str) -> Iterator[bytes]:
    if side == "asked":
        suite = framing.CASES + targets.CASES + origins.CASES + bodies.CASES + answers.CASES
        for number, case in enumerate(suite):
            if len(case.sent) < 4_000:
                yield bytes((number % 8, number % 256, number // 256)) + case.sent
    else:
        for number, said in enumerate(PLAYS.values()):
            for asking in (0, 3, number % len(_METHODS)):
                if len(said) < 4_000:
                    flags = ENDS if said.endswith(CUT) else 0
                    yield bytes((flags | number % 8 | asking << 4, 7, 7)) + said.removesuffix(CUT)


def target(side: str, data: bytes) -> None:
    """One input. Raises AssertionError for what must not be."""
    if len(data) > PREFIX:
        (_asked if side == "asked" else _answered)(
            data[0], int.from_bytes(data[1:PREFIX], "big"), data[PREFIX:]
        )


def _asked(flags: int, seed: int, sent: bytes) -> None:
    mode = Mode.OBSERVE if flags & OBSERVES else Mode.ENFORCE
    whole = _played(mode, [sent], said_usually)
    chance = random.Random(seed)
    pieces = _cut(sent, chance)
    again = _played(mode, pieces, said_usually, choose=chance.randrange if flags & MIXES else _first)
    assert again == whole, (again, whole)
    if flags & MISHAPS:
        _played(mode, pieces, said_usually, lambda said: _cut(said, chance), chance.randrange, 5)


def _answered(flags: int, seed: int, said: bytes) -> None:
    mode = Mode.OBSERVE if flags & OBSERVES else Mode.ENFORCE
    line = _METHODS[flags >> 4 & 7]
    with_body = line.startswith(("POST", "PUT"))
    length = (f"Content-Length: {len(_BODY)}",) if with_body else ()
    one = asked(line, *_LOGIN, *length, body=_BODY if with_body else b"")
    sent = one * (3 if flags & MIXES else 1)
    answer = said + (CUT if flags & ENDS else b"")

    def says(method: bytes, path: bytes, play: bytes) -> bytes:
        return answer

    whole = _played(mode, [sent], says)
    chance = random.Random(seed)
    again = _played(mode, [sent], says, lambda said: _cut(said, chance))
    if not flags & MIXES:  # what is too much is, in pieces, the next request's answer
        assert again == whole, (again, whole)
    if flags & MISHAPS:
        _played(mode, _cut(sent, chance), says, lambda said: _cut(said, chance), chance.randrange, 5)


def _played(
    mode: Mode,
    pieces: list[bytes],
    said: Callable[[bytes, bytes, bytes], bytes],
    cut: Callable[[bytes], list[bytes]] | None = None,
    choose: Callable[[int], int] | None = None,
    chaos: int = 0,
) -> Outcome:
    memory = Memory(mode, said, cut or (lambda data: [data] if data else []))
    return outcome(memory.play(pieces, choose or _first, chaos), mode is Mode.ENFORCE)


def _first(many: int) -> int:
    return 0


def _cut(data: bytes, chance: random.Random) -> list[bytes]:
    """In one to some forty pieces."""
    if chance.random() < 0.2 and len(data) < 400:
        return [data[at : at + 1] for at in range(len(data))]
    places = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice((1, 2, 5, 40))))
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece]

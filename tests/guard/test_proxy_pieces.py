"""However bytes are cut into pieces, and whatever comes first, the same is read of them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from cases import answers, bodies, framing, origins, targets
from cases.case import Case
from guard_memory import Memory
from guard_oracle import Outcome, outcome

from batten.guard.options import Mode

ALL = framing.CASES + targets.CASES + origins.CASES + bodies.CASES + answers.CASES
SUITE = [case for case in ALL if case.name != "endless answer"]  # in memory, everything ends
SMALL = 4_000  # bytes; what is larger is not cut byte by byte


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _played(case: Case, size: int, choose: Callable[[int], int] = lambda many: 0) -> Outcome:
    memory = Memory(Mode.ENFORCE, cut=lambda said: _pieces(said, max(size, len(said) // 500)))
    return outcome(memory.play(_pieces(case.sent, size), choose), True)


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    whole = _played(case, 10_000_000)
    told = [status for status, _ in whole.answered]
    assert [*told, *case.statuses[-1:]][: len(case.finals)] == list(case.finals)
    assert case.reaches in (-1, len(whole.asked))
    one = 1 if len(case.sent) < SMALL else 1_999
    assert _played(case, one) == whole
    assert _played(case, 3 if one == 1 else 10_007, random.Random(case.name).randrange) == whole


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("seed", range(40))
def test_mishaps(mode: Mode, seed: int) -> None:
    """Whatever breaks off or comes late, nothing that was not validated gets out, and all bytes are read alike."""
    chance = random.Random(seed)
    for _ in range(10):
        sent = b"".join(chance.choice(SUITE).sent[:3_000] for _ in range(4))
        size = chance.choice((1, 7, 50, 1_000, 10_000))
        memory = Memory(mode, cut=lambda said, size=size: _pieces(said, size * 20))
        outcome(
            memory.play(_pieces(sent, size), chance.randrange, chaos=chance.choice((2, 10, 30))),
            mode is Mode.ENFORCE,
        )

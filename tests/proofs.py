"""Whether the slow proofs run (`make proof`): all of what `make test` runs a chosen part of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")

PROOF = os.environ.get("HYPOTHESIS_PROFILE") == "proof"


def turn(name: str, all_of_them: Sequence[T], count: int) -> list[T]:
    """So many of them, in their order: others for each name, and always the same ones for one."""
    if PROOF or count >= len(all_of_them):
        return list(all_of_them)
    start = crc32(name.encode())
    chosen = {(start + step * len(all_of_them) // count) % len(all_of_them) for step in range(count)}
    return [one for at, one in enumerate(all_of_them) if at in chosen]

"""Bodies that were judged before. Many answers are the same bytes again and again; those are judged once."""

from __future__ import annotations

from batten.contract.validators import Validator

MOST = 512  # bodies
SEEN = 1_024  # hashes of bodies that came once
LONGEST = 8_192  # bytes of one, so that all together stay below 4 MiB


class Proven:
    """Strict JSON, by the validator that accepted it, None where there is no schema.

    A body is kept when it comes for the second time: most never do. Bodies are compared byte by byte, and what was
    refused is not kept: the verdict is the same as without it.
    """

    __slots__ = ("_kept", "_seen")

    def __init__(self) -> None:
        self._seen = [0] * SEEN
        self._kept: dict[bytes, Validator | None] = {}

    def holds(self, body: bytes, validator: Validator | None) -> bool:
        return self._kept.get(body, self) is validator

    def add(self, body: bytes, validator: Validator | None) -> None:
        if len(body) > LONGEST:
            return
        mark = hash(body)
        if self._seen[mark % SEEN] != mark:
            self._seen[mark % SEEN] = mark
            return
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[body] = validator

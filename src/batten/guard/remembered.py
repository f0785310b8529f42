"""What was made of a header or a body before: most of a message's headers, and many bodies, came with another one, too."""

from __future__ import annotations

import re
from typing import TypeVar

from batten.contract.validators import Validator

MOST_KEPT = 1_024
LONGEST_KEPT = 256  # bytes of a header, so that all together stay below a megabyte
MOST_BODIES = 512
SEEN_BODIES = 1_024  # hashes of bodies that came once
LONGEST_BODY = 8_192  # bytes of one, so that all together stay below 4 MiB
_SECRET = re.compile(rb"auth|cookie|key|token|secret|session|pass|credential|signature|jwt|csrf|xsrf")

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Names(dict[bytes, bool]):
    """Header names, and whether each may be of a credential. Clients choose names, so what is kept has an end."""

    def __missing__(self, name: bytes) -> bool:
        found = _SECRET.search(name) is not None
        if len(name) <= LONGEST_KEPT:
            if len(self) >= MOST_KEPT:
                self.clear()
            self[name] = found
        return found


# Whether a header of this name, in lower case, may hold a credential.
may_be_secret = _Names().__getitem__


class Remembered(dict[Key, Value]):
    """Within bounds, and never a header that may hold a credential: it would outlive its connection."""

    __slots__ = ()

    def keep(self, key: Key, value: Value, name: bytes, size: int) -> None:
        """`name` is the header's, `size` is in bytes."""
        if size <= LONGEST_KEPT and not may_be_secret(name):
            if len(self) >= MOST_KEPT:
                self.clear()
            self[key] = value


class Proven:
    """Strict JSON, by the validator that accepted it, None where there is no schema.

    A body is kept when it comes for the second time: most never do. Bodies are compared byte by byte, and what was
    refused is not kept: the verdict is the same as without it.
    """

    __slots__ = ("_kept", "_seen")

    def __init__(self) -> None:
        self._seen = [0] * SEEN_BODIES
        self._kept: dict[bytes, Validator | None] = {}

    def holds(self, body: bytes, validator: Validator | None) -> bool:
        return self._kept.get(body, self) is validator

    def add(self, body: bytes, validator: Validator | None) -> None:
        if len(body) > LONGEST_BODY:
            return
        mark = hash(body)
        if self._seen[mark % SEEN_BODIES] != mark:
            self._seen[mark % SEEN_BODIES] = mark
            return
        if len(self._kept) >= MOST_BODIES:
            self._kept.clear()
        self._kept[body] = validator

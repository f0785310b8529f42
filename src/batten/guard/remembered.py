"""What was made of a header before. Most of a message's headers came with another one, too."""

from __future__ import annotations

import re
from typing import TypeVar

MOST_KEPT = 1_024
LONGEST_KEPT = 256  # bytes of a header, so that all together stay below a megabyte
_SECRET = re.compile(rb"auth|cookie|key|token|secret|session|pass|credential|signature|jwt|csrf|xsrf")

Key = TypeVar("Key")
Value = TypeVar("Value")


def may_be_secret(name: bytes) -> bool:
    """Whether a header of this name, in lower case, may hold a credential."""
    return _SECRET.search(name) is not None


class Remembered(dict[Key, Value]):
    """Within bounds, and never a header that may hold a credential: it would outlive its connection."""

    __slots__ = ()

    def keep(self, key: Key, value: Value, name: bytes, size: int) -> None:
        """`name` is the header's, `size` is in bytes."""
        if size <= LONGEST_KEPT and not may_be_secret(name):
            if len(self) >= MOST_KEPT:
                self.clear()
            self[key] = value

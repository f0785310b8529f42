"""What was made of a header before. Most of a message's headers came with another one, too."""

from __future__ import annotations

import re
from typing import TypeVar

MOST_KEPT = 1_024
LONGEST_KEPT = 256  # bytes of a header, so that all together stay below a megabyte
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

"""What the headers are by which edges speak to applications, for names that were met before."""

from __future__ import annotations

from batten.guard.remembered import Remembered
from batten.policy.senders import Kind, kind_of


class Kinds(Remembered[bytes, "Kind | None"]):
    """`kind_of`, for names that were met before. Clients choose the names, so what is kept has an end."""

    __slots__ = ()

    def __missing__(self, name: bytes) -> Kind | None:
        kind = kind_of(name)
        self.keep(name, kind, b"", len(name))
        return kind


KINDS = Kinds()

"""One request, or several on one connection, and what every edge must do with them."""

from __future__ import annotations

from dataclasses import dataclass

CLOSED = 0  # instead of a status: the connection ends without an answer
Statuses = tuple[int, ...]  # any one of these


@dataclass(frozen=True, kw_only=True)
class EdgeCase:
    """`answers` are all final answers in order; `reaches` is how many requests get to the API. `shows` and `hides` are
    looked for in the last answer's head, `got` and `got_not` in what the API read, all in lower case. `own` is whether an
    error is the edge's own: a problem document of its status."""

    name: str
    sent: bytes
    answers: tuple[Statuses, ...]
    reaches: int | None = 1  # None: as many as are answered with success
    shows: tuple[bytes, ...] = ()
    hides: tuple[bytes, ...] = ()
    got: tuple[bytes, ...] = ()
    got_not: tuple[bytes, ...] = ()
    own: bool = True
    plain: bool = False  # sent to the listener that redirects
    unreadable: bool = False  # an engine's parser may refuse it before any rule is asked

    @property
    def may_close(self) -> bool:
        return any(CLOSED in statuses for statuses in self.answers)


@dataclass(frozen=True, kw_only=True)
class Excepted:
    """What an engine does otherwise in these cases, word for word, and why that is so."""

    why: str
    what: str
    cases: tuple[str, ...]

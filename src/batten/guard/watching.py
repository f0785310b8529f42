"""Bodies that are only observed: they pass as they come, and a copy is judged at their end."""

from __future__ import annotations

from collections.abc import Callable

from batten.guard import decisions
from batten.guard.options import Rule
from batten.guard.served import Allow
from batten.guard.verdicts import Refuse

EVERY = len(Rule)


class Watched:
    """A copy within bounds. At the end, which may be told twice, `judge` gets it, or None of a body that is larger."""

    __slots__ = ("_judge", "_kept", "_most", "_size")

    def __init__(self, most: int, judge: Callable[[bytes | None], None]) -> None:
        self._most = most
        self._judge: Callable[[bytes | None], None] | None = judge
        self._kept: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            self._kept.clear()
        else:
            self._kept.append(piece)

    def end(self) -> None:
        judge, self._judge = self._judge, None
        if judge is not None:
            judge(b"".join(self._kept) if self._size <= self._most else None)


def is_open(observed: frozenset[Rule]) -> bool:
    """Whether nothing is enforced, so that nothing may be changed either."""
    return len(observed) == EVERY


def watched_request(
    allow: Allow, media_type: str, most: int, note: Callable[[Refuse], object]
) -> Watched | None:
    """For a request's body that is judged and only observed; None where it is not."""
    served = allow.served
    if served is None or Rule.REQUEST_BODY not in served.observed or served.operation.body is None:
        return None
    keeps = decisions.keeps_request(allow, media_type)
    if not keeps and not served.operation.body.required:
        return None

    def judge(body: bytes | None) -> None:
        if body is None or (body and not keeps):
            return
        refusal = decisions.request_body(served, media_type, body)
        if refusal is not None:
            note(refusal)

    return Watched(most if keeps else 0, judge)

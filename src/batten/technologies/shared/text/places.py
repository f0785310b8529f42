"""Which item of a tree a place in a file is of, without walking the tree for every place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

from batten.model import Span

T = TypeVar("T")


class Places(Generic[T]):
    """Items by their spans, which lie apart or within each other, in the order in which they were given."""

    def __init__(self, items: Iterable[tuple[str, Span, T]]) -> None:
        self._held: dict[str, dict[tuple[int, int], list[T]]] = {}
        for source, span, item in items:
            self._held.setdefault(source, {}).setdefault((span.start, -span.end), []).append(item)
        self._sorted = {source: sorted(held) for source, held in self._held.items()}
        self._above = {source: _above(spans) for source, spans in self._sorted.items()}

    def exact(self, source: str, span: Span) -> list[T]:
        """The items of that very span, in their order."""
        return self._held.get(source, {}).get((span.start, -span.end), [])

    def innermost(self, source: str, span: Span) -> list[T]:
        """The items of the smallest span around it, itself included."""
        spans = self._sorted.get(source, [])
        at = bisect_right(spans, (span.start, -span.end)) - 1
        while at >= 0 and -spans[at][1] < span.end:
            at = self._above[source][at]
        return self._held[source][spans[at]] if at >= 0 else []


def _above(spans: list[tuple[int, int]]) -> list[int]:
    """For each span the one around it, -1 where there is none."""
    found: list[int] = []
    around: list[int] = []
    for number, (_, end) in enumerate(spans):
        while around and -spans[around[-1]][1] < -end:
            around.pop()
        found.append(around[-1] if around else -1)
        around.append(number)
    return found

"""Which packages of a lock file are deployed: what the application's own requirements lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")


def reached(roots: Iterable[Key], edges: Mapping[Key, Iterable[Key]]) -> set[Key]:
    """Every package that the roots require, at any distance; the roots among them."""
    seen = set(roots)
    pending = list(seen)
    while pending:
        for below in edges.get(pending.pop(), ()):
            if below not in seen:
                seen.add(below)
                pending.append(below)
    return seen

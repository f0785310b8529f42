"""The facts of a configuration, reader by reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from batten.facts import Fact
from batten.model import Problem


class Tree(Protocol):
    problems: list[Problem]


T = TypeVar("T", bound=Tree)


def facts_of(tree: T, readers: Iterable[Callable[[T], Iterator[Fact]]]) -> Iterator[Fact | Problem]:
    """What could not be read of it, and what each reader finds."""
    yield from tree.problems
    for reader in readers:
        yield from reader(tree)

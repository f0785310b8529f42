"""The facts of a configuration, reader by reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit


class Tree(Protocol):
    problems: list[Problem]


T = TypeVar("T", bound=Tree)


def facts_of(tree: T, readers: Iterable[Callable[[T], Iterator[Fact]]]) -> Iterator[Fact | Problem]:
    """What could not be read of it, and what each reader finds."""
    yield from tree.problems
    for reader in readers:
        yield from reader(tree)


def reading(
    load: Callable[[Unit, Workspace], T],
    readers: Iterable[Callable[[T], Iterator[Fact]]],
    beside: Iterable[Callable[[T, Workspace], Iterator[Fact]]] = (),
) -> Callable[[Unit, Workspace], Iterator[Fact | Problem]]:
    """An adapter's `read`. `beside` are readers that look for other files, too."""

    def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
        """The facts of one configuration. Raises SyntaxProblem and Unreadable of its main file."""
        tree = load(unit, workspace)
        yield from facts_of(tree, readers)
        for reader in beside:
            yield from reader(tree, workspace)

    return read

"""Which template a path is of: a dictionary for fixed paths, a trie for the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from batten.contract.contract import Operation
from batten.model.record import record

_EXPRESSION = re.compile(r"\{([^{}/]*)\}")


@record
class Match:
    template: str
    parameters: Mapping[str, str]  # as they stand in the path, not decoded
    operations: Mapping[str, Operation]  # by method, upper case


@record
class Segment:
    """`/{name}.json/` is names ("name",) between literals ("", ".json")."""

    literals: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[str, ...]:
        return self.literals

    @property
    def order(self) -> tuple[int, tuple[str, ...]]:
        """The more of it is fixed, the sooner it is tried."""
        return -sum(map(len, self.literals)), self.literals

    def fits(self, text: str) -> bool:
        if self.literals == ("", ""):
            return bool(text)
        return self.values(text) is not None

    def values(self, text: str) -> list[str] | None:
        """What the expressions stand for, each at least one character; None where it does not fit.

        The leftmost fit of each inner literal leaves most to those behind it, so no other is tried.
        """
        first, *inner, last = self.literals
        if not text.startswith(first):
            return None
        found: list[str] = []
        at = len(first)
        for literal in inner:
            end = text.find(literal, at + 1)
            if end < 0:
                return None
            found.append(text[at:end])
            at = end + len(literal)
        end = len(text) - len(last)
        if end <= at or not text.endswith(last):
            return None
        found.append(text[at:end])
        return found


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    patterns: dict[tuple[str, ...], tuple[Segment, _Node]] = field(default_factory=dict)
    ordered: list[tuple[Segment, _Node]] = field(default_factory=list)
    only: _Node | None = None  # where any segment leads, where there is but one that is no literal
    template: str = ""
    names: tuple[str, ...] = ()
    operations: dict[str, Operation] = field(default_factory=dict)


class Matcher:
    """Case counts, a trailing slash counts, nothing is decoded: `%2F` is no slash.

    A segment that is written out wins over one with an expression; a lookup visits each place of the
    trie at most once, and takes time in the path's length where templates do not overlap.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[str, Match] = {}
        self._root = _Node()
        for operation in operations:
            for path in (operation.path, *operation.others):
                self._add(path, operation)
        pending = [self._root]
        while pending:
            node = pending.pop()
            node.ordered = sorted(node.patterns.values(), key=lambda p: p[0].order)
            if len(node.ordered) == 1 and node.ordered[0][0].literals == ("", ""):
                node.only = node.ordered[0][1]
            pending += [*node.fixed.values(), *(below for _, below in node.ordered)]

    def _add(self, path: str, operation: Operation) -> None:
        if not _EXPRESSION.search(path):
            known = self._fixed.setdefault(path, Match(path, {}, {}))
            self._fixed[path] = Match(path, {}, {operation.method: operation, **known.operations})
            return
        node, names = self._root, list[str]()
        for part in path.split("/"):
            # Neighbours without a literal between them (`{a}{b}`) read as one: nothing tells them apart.
            pieces = _EXPRESSION.split(part)
            literals, segment_names = [pieces[0]], list[str]()
            for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
                if segment_names and not literals[-1]:
                    literals[-1] = literal
                    segment_names[-1] = f"{segment_names[-1]}+{name}"
                    continue
                segment_names.append(name)
                literals.append(literal)
            segment = Segment(tuple(literals), tuple(segment_names))
            names += segment.names
            if segment.names:
                node = node.patterns.setdefault(segment.shape, (segment, _Node()))[1]
            else:
                node = node.fixed.setdefault(part, _Node())
        if not node.template:
            node.template, node.names = path, tuple(names)
        node.operations.setdefault(operation.method, operation)

    def match(self, path: str) -> Match | None:
        """The template of a path (without its query), its parameters, and what may be done there."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed
        parts = path.split("/")
        pending: list[tuple[_Node, int, tuple[str, ...]]] = [(self._root, 0, ())]
        while pending:
            node, depth, values = pending.pop()
            if depth == len(parts):
                if node.template:
                    return Match(node.template, dict(zip(node.names, values, strict=True)), node.operations)
                continue
            pending += reversed(list(_below(node, parts[depth], depth + 1, values)))
        return None

    def offered(self, path: str) -> tuple[str, Mapping[str, Operation]] | None:
        """The template of a path, and what may be done there: `match` without the parameters."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed.template, fixed.operations
        node = _place(self._root, path.split("/"), 0)
        return (node.template, node.operations) if node is not None else None


def _place(node: _Node, parts: list[str], depth: int) -> _Node | None:
    """Where the parts lead; no deeper than the longest template."""
    while True:
        if depth == len(parts):
            return node if node.template else None
        part = parts[depth]
        fixed = node.fixed.get(part)
        if fixed is None:
            if node.only is not None and part:
                node, depth = node.only, depth + 1
                continue
        else:
            if not node.ordered:
                node, depth = fixed, depth + 1
                continue
            found = _place(fixed, parts, depth + 1)
            if found is not None:
                return found
        fits = [below for segment, below in node.ordered if segment.fits(part)]
        if len(fits) != 1:
            return next((found for b in fits if (found := _place(b, parts, depth + 1)) is not None), None)
        node, depth = fits[0], depth + 1


def _below(
    node: _Node, part: str, depth: int, values: tuple[str, ...]
) -> Iterator[tuple[_Node, int, tuple[str, ...]]]:
    fixed = node.fixed.get(part)
    if fixed is not None:
        yield fixed, depth, values
    for segment, below in node.ordered:
        found = segment.values(part)
        if found is not None:
            yield below, depth, (*values, *found)

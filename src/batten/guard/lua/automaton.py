"""Deterministic automata of regular expressions: linear in the text, whatever the expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from batten.guard.lua.regex import (
    LAST,
    Chars,
    Choice,
    End,
    Ranges,
    Repeat,
    Sequence,
    Start,
    Tree,
    Unsupported,
    parse,
)
from batten.model.record import record

MOST_PLACES = 4_000  # of the nondeterministic automaton
MOST_STEPS = 40_000  # cells of the table
DEAD, FOUND = 0, -1


@record
class Automaton:
    """`steps[state - 1][class]` is the next state, from 1; DEAD and FOUND are for good.

    `starts` are the first code points of ranges and `classes` what class each is of.
    """

    first: int
    steps: tuple[tuple[int, ...], ...]
    ends: frozenset[int]
    starts: tuple[int, ...]
    classes: tuple[int, ...]


@lru_cache(4_096)
def compiled(pattern: str) -> Automaton:
    """What finds a pattern anywhere in a text. Raises Unsupported."""
    places = _Places()
    accept = places.new()
    first = places.built(parse(pattern), accept)
    starts, classes, samples = _alphabet(places.chars)
    again = places.closed((first,))
    known: dict[tuple[frozenset[int], bool], int] = {}
    order: list[tuple[frozenset[int], bool]] = []

    def number(state: frozenset[int], opening: bool = False) -> int:
        if accept in state:
            return FOUND
        if not any(places.reads[p] for p in state) and accept not in places.closed(state, opening, end=True):
            return DEAD
        if (state, opening) not in known:
            if len(order) * len(samples) >= MOST_STEPS:
                raise Unsupported("too many states")
            order.append((state, opening))
            known[state, opening] = len(order)
        return known[state, opening]

    opening = number(places.closed((first,), start=True), opening=True)
    steps: list[tuple[int, ...]] = []
    while len(steps) < len(order):
        state, _ = order[len(steps)]
        moved = (places.closed(places.moved(state, code)) | again for code in samples)
        steps.append(tuple(number(after) for after in moved))
    ends = frozenset(
        i for i, (state, o) in enumerate(order, 1) if accept in places.closed(state, o, end=True)
    )
    return Automaton(opening, tuple(steps), ends, starts, classes)


class _Places:
    """An automaton that may be in several places at once."""

    def __init__(self) -> None:
        self.free: list[list[int]] = []
        self.at_start: list[list[int]] = []
        self.at_end: list[list[int]] = []
        self.reads: list[tuple[Ranges, int] | None] = []

    @property
    def chars(self) -> Iterator[Ranges]:
        return (read[0] for read in self.reads if read is not None)

    def new(self) -> int:
        if len(self.free) >= MOST_PLACES:
            raise Unsupported("too many repetitions")
        self.free.append([])
        self.at_start.append([])
        self.at_end.append([])
        self.reads.append(None)
        return len(self.free) - 1

    def built(self, tree: Tree, then: int) -> int:
        """The place from which `tree` leads to `then`."""
        match tree:
            case Chars():
                place = self.new()
                self.reads[place] = (tree.ranges, then)
                return place
            case Start() | End():
                place = self.new()
                (self.at_start if isinstance(tree, Start) else self.at_end)[place].append(then)
                return place
            case Sequence():
                for part in reversed(tree.parts):
                    then = self.built(part, then)
                return then
            case Choice():
                place = self.new()
                self.free[place] = [self.built(branch, then) for branch in tree.branches]
                return place
            case Repeat():
                if tree.most is None:
                    loop = self.new()
                    self.free[loop] = [self.built(tree.part, loop), then]
                    then = loop
                for _ in range((tree.most or tree.least) - tree.least):
                    place = self.new()
                    self.free[place] = [self.built(tree.part, then), then]
                    then = place
                for _ in range(tree.least):
                    then = self.built(tree.part, then)
                return then

    def closed(self, places: Iterable[int], start: bool = False, end: bool = False) -> frozenset[int]:
        """All places that are reached without reading on."""
        found: set[int] = set()
        pending = list(places)
        while pending:
            place = pending.pop()
            if place in found:
                continue
            found.add(place)
            pending += self.free[place]
            pending += self.at_start[place] if start else ()
            pending += self.at_end[place] if end else ()
        return frozenset(found)

    def moved(self, places: Iterable[int], code: int) -> set[int]:
        moves = (self.reads[place] for place in places)
        return {move[1] for move in moves if move is not None and any(a <= code <= b for a, b in move[0])}


def _alphabet(sets: Iterable[Ranges]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Code points that no set tells apart, as classes, and one of each."""
    unique = list(dict.fromkeys(sets))
    cuts = {0, 128} | {low for ranges in unique for low, _ in ranges}
    cuts |= {high + 1 for ranges in unique for _, high in ranges if high < LAST}
    starts = tuple(sorted(cuts))
    classes: dict[tuple[int, ...], int] = {}
    found, samples = [], []
    for start in starts:
        key = tuple(i for i, ranges in enumerate(unique) if any(a <= start <= b for a, b in ranges))
        if key not in classes:
            classes[key] = len(classes)
            samples.append(start)
        found.append(classes[key])
    return starts, tuple(found), tuple(samples)

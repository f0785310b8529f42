"""A node of a block-structured configuration in its context: where it stands, what is in it and around it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from itertools import chain
from operator import attrgetter
from typing import Any, Self, TypeVar

from batten.formats.blocks import Directive
from batten.formats.document import Text
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.technologies.shared.text.places import Places

T = TypeVar("T")
N = TypeVar("N", bound="Node")
_place = attrgetter("_at")
_NONE: dict[str, Any] = {}  # what is in no block


class Written:
    """Something written in a file: a statement, or a block of them."""

    __slots__ = ()

    @property
    def source(self) -> Text:
        raise NotImplementedError

    @property
    def pointer(self) -> str:
        raise NotImplementedError

    @property
    def span(self) -> Span:
        raise NotImplementedError

    def place(self) -> Location:
        """Where it stands, to be replaced."""
        return self.within(self.span)

    def block(self) -> Location:
        """The block, to add something to."""
        return Location(self.source.path, self.pointer, self.span, kind=Kind.BLOCK)

    def within(self, span: Span) -> Location:
        """A part of it."""
        return Location(self.source.path, self.pointer, span)


@dataclass(slots=True, eq=False)
class Node(Written):
    """A directive in its context, with what stands in its block once includes are expanded.

    A tree that is complete is settled: then `named` has the items of a block by name, and every node knows its place
    in the list of all, in reading order. Main files have thousands, and each server looks at them.
    """

    source: Text = field()
    up: Self | None
    name: str = field(init=False)
    items: list[Self] = field(init=False, default_factory=list)
    named: dict[str, list[Self]] | None = field(init=False, default=None)
    _every: list[Self] = field(init=False, repr=False)
    _where: dict[str, list[int]] = field(init=False, repr=False)
    _at: int = field(init=False, default=0)
    _end: int = field(init=False, default=0)

    def called(self, name: str) -> list[Self]:
        """The items of this name, in reading order: a list that is not to be changed."""
        if self.named is not None:
            return self.named.get(name) or []
        return [item for item in self.items if item.name == name]

    def all(self, *names: str) -> list[Self]:
        """The items of these names, in reading order: a list that is not to be changed."""
        if len(names) == 1:
            return self.called(names[0])
        if self.named is None:
            return [item for item in self.items if item.name in names]
        found = [held for name in dict.fromkeys(names) if (held := self.named.get(name)) is not None]
        return sorted(chain(*found), key=_place) if len(found) > 1 else found[0] if found else []

    def first(self, *names: str) -> Self | None:
        if self.named is None:
            return next((item for item in self.items if item.name in names), None)
        if len(names) == 1:
            own = self.named.get(names[0])
            return own[0] if own is not None else None
        found = (held[0] for name in names if (held := self.named.get(name)) is not None)
        return min(found, key=_place, default=None)

    def last(self, name: str) -> Self | None:
        """The directive in force where a later one of the same block takes the place of an earlier."""
        found = self.called(name)
        return found[-1] if found else None

    def walk(self) -> Iterable[Self]:
        """Everything below, in reading order."""
        if not self.items:
            return ()
        return self._every[self._at + 1 : self._end] if self.named is not None else _unsettled(self)

    def below(self, *names: str) -> list[Self]:
        """Everything below of these names, in reading order."""
        if self.named is None:
            return [item for item in self.walk() if item.name in names]
        places: list[int] = []
        for name in names:
            there = self._where.get(name)
            if there is not None:
                places += there[bisect_right(there, self._at) : bisect_left(there, self._end)]
        if len(names) > 1:
            places.sort()
        return [self._every[at] for at in places]

    def spelled(self) -> Iterable[str]:
        """The names of the items in this block."""
        return self.named if self.named is not None else dict.fromkeys(item.name for item in self.items)

    def spelled_anywhere(self) -> Iterable[str]:
        """The names of all items of a settled tree."""
        return self._where

    def settle(self) -> None:
        """Note where everything is, once nothing more is added below this root."""
        every = [self, *_unsettled(self)]
        where: dict[str, list[int]] = {}
        for at, item in enumerate(every):
            item._at = at
            where.setdefault(item.name, []).append(at)
        for item in reversed(every):
            last = item.items[-1] if item.items else None
            item._end = last._end if last is not None else item._at + 1
            item._every, item._where = every, where
            item.named = _by_name(item.items) if last is not None else _NONE

    def around(self) -> Iterator[Self]:
        """This block and those around it, innermost first."""
        here: Self | None = self
        while here is not None:
            yield here
            here = here.up


def _by_name(items: list[N]) -> dict[str, list[N]]:
    names: dict[str, list[N]] = {}
    for item in items:
        names.setdefault(item.name, []).append(item)
    return names


def _unsettled(node: N) -> Iterator[N]:
    waiting = node.items[::-1]
    while waiting:
        item = waiting.pop()
        yield item
        waiting += item.items[::-1]


@dataclass(slots=True, eq=False)
class Item(Node):
    """A directive of nginx or Apache in its context.

    `unread` are includes and conditions of this block that cannot be decided here: each the prefixes of the
    names that it can hold ("$" ends a whole name), or None for anything.
    """

    directive: Directive
    values: list[str]
    unread: list[tuple[str, ...] | None] = field(init=False, default_factory=list)
    step: str = field(init=False, default="")
    kept: dict[object, Any] | None = field(init=False, default=None)  # what readers made of the block
    _pointer: str | None = field(init=False, default=None)
    _block: Location | None = field(init=False, default=None)

    def __init__(self, source: Text, up: Self | None, directive: Directive, values: list[str]) -> None:
        self.source, self.up, self.directive, self.values = source, up, directive, values
        self.name, self.step = directive.name, ""
        self.items, self.unread = [], []
        self.named = self.kept = self._pointer = self._block = None
        self._at = self._end = 0

    @property
    def span(self) -> Span:
        return self.directive.span

    @property
    def value(self) -> str:
        """The first argument, "" without one."""
        return self.values[0] if self.values else ""

    @property
    def section(self) -> bool:
        return self.directive.body is not None

    def hides(self, name: str) -> bool:
        """Whether something here that is unread may hold the directive."""
        if not self.unread:
            return False
        return any(prefixes is None or f"{name}$".startswith(prefixes) for prefixes in self.unread)

    @property
    def pointer(self) -> str:
        """Names from the root to here; fixed once every item has its step."""
        if self._pointer is None:
            above = self.up._pointer if self.up is not None else ""
            if above is None:
                steps = [i.step for i in self.around() if i.step]
                self._pointer = "/".join(reversed(steps))
            else:
                self._pointer = f"{above}/{self.step}" if above and self.step else above or self.step
        return self._pointer

    def forget_pointer(self) -> None:
        self._pointer = self._block = None

    def block(self) -> Location:
        if self._block is None:
            self._block = Written.block(self)
        return self._block

    def word(self, index: int) -> Location:
        """One argument's own place."""
        return self.within(self.directive.args[index].span)


B = TypeVar("B", bound=Item)


def remembered(block: Item, key: str, make: Callable[[], T]) -> T:
    """What `make` makes of a block, once: a tree does not change when it is loaded."""
    if block.kept is None:
        block.kept = {}
    if key not in block.kept:
        block.kept[key] = make()
    made: T = block.kept[key]
    return made


def once(judge: Callable[[B], T]) -> Callable[[B], T]:
    """A judge of a block that is asked once for each; its answer is not to be changed."""

    @wraps(judge)
    def asked(block: B) -> T:
        kept = block.kept
        if kept is None:
            kept = block.kept = {}
        elif judge in kept:
            known: T = kept[judge]
            return known
        made = kept[judge] = judge(block)
        return made

    return asked


def in_force(
    found: Item | Unknown | None,
    block: Location,
    parse: Callable[[list[str]], T | None],
    varies: Callable[[str], bool],
    default: T | Absent | Unknown,
) -> Setting[T]:
    """What the directive in force sets; ABSENT in the block that lacks it."""
    if not isinstance(found, Item):
        return Setting(UNKNOWN, block) if isinstance(found, Unknown) else Setting(ABSENT, block, default)
    unknown = not found.values or any(varies(v) for v in found.values)
    value = None if unknown else parse(found.values)
    return Setting(UNKNOWN if value is None else value, found.place())


def places_of(root: B) -> Places[B]:
    return Places((i.source.path, i.span, i) for i in (root, *root.walk()))


def located(places: Places[B], at: Location) -> B | None:
    """The item whose span, or one of whose arguments, the location gives."""
    if at.span is None:
        return None
    block = at.kind is Kind.BLOCK
    same = next((i for i in places.exact(at.source, at.span) if i.name or block), None)
    around = [i for i in places.innermost(at.source, at.span) if i.name]
    return same or (around[-1] if around else None)

"""A node of a block-structured configuration in its context: where it stands, what is in it and around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self, TypeVar

from batten.formats.blocks import Directive
from batten.formats.document import Text
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.technologies._text.places import Places

T = TypeVar("T")


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
    """A directive in its context, with what stands in its block once includes are expanded."""

    source: Text = field()
    up: Self | None
    name: str = field(init=False)
    items: list[Self] = field(init=False, default_factory=list)
    _by_name: tuple[int, dict[str, list[int]]] = field(init=False, default=(-1, {}))

    def _named(self) -> dict[str, list[int]]:
        """Where the items of each name stand. Main files have thousands, and each server looks at them."""
        if self._by_name[0] != len(self.items):
            names: dict[str, list[int]] = {}
            for at, item in enumerate(self.items):
                names.setdefault(item.name, []).append(at)
            self._by_name = (len(self.items), names)
        return self._by_name[1]

    def called(self, name: str) -> list[Self]:
        """The items of this name, in reading order."""
        found = self._named().get(name) if self.items else None
        return [self.items[at] for at in found] if found else []

    def all(self, *names: str) -> list[Self]:
        """The items of these names, in reading order."""
        if not self.items:
            return []
        if len(names) == 1:
            return self.called(names[0])
        found = [self._named().get(name, ()) for name in dict.fromkeys(names)]
        return [self.items[at] for at in sorted(chain(*found))]

    def first(self, *names: str) -> Self | None:
        if not self.items:
            return None
        at = min((found[0] for n in names if (found := self._named().get(n))), default=None)
        return self.items[at] if at is not None else None

    def last(self, name: str) -> Self | None:
        """The directive in force where a later one of the same block takes the place of an earlier."""
        found = self._named().get(name)
        return self.items[found[-1]] if found else None

    def walk(self) -> Iterator[Self]:
        """Everything below, in reading order."""
        waiting = self.items[::-1]
        while waiting:
            item = waiting.pop()
            yield item
            waiting += item.items[::-1]

    def around(self) -> Iterator[Self]:
        """This block and those around it, innermost first."""
        here: Self | None = self
        while here is not None:
            yield here
            here = here.up


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
    kept: dict[str, Any] | None = field(init=False, default=None)  # what readers made of the block
    _pointer: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.name = self.directive.name

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
            steps = [i.step for i in self.around() if i.step]
            self._pointer = "/".join(reversed(steps))
        return self._pointer

    def forget_pointer(self) -> None:
        self._pointer = None

    def word(self, index: int) -> Location:
        """One argument's own place."""
        return self.within(self.directive.args[index].span)


def remembered(block: Item, key: str, make: Callable[[], T]) -> T:
    """What `make` makes of a block, once: a tree does not change when it is loaded."""
    if block.kept is None:
        block.kept = {}
    if key not in block.kept:
        block.kept[key] = make()
    made: T = block.kept[key]
    return made


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


A = TypeVar("A", bound=Item)


def places_of(root: A) -> Places[A]:
    return Places((i.source.path, i.span, i) for i in (root, *root.walk()))


def located(places: Places[A], at: Location) -> A | None:
    """The item whose span, or one of whose arguments, the location gives."""
    if at.span is None:
        return None
    block = at.kind is Kind.BLOCK
    same = next((i for i in places.exact(at.source, at.span) if i.name or block), None)
    around = [i for i in places.innermost(at.source, at.span) if i.name]
    return same or (around[-1] if around else None)

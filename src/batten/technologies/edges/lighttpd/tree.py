"""A configuration as lighttpd sees it: conditions nested, values resolved, arrays merged.

Docs_Configuration: an inner `=` replaces the array of the block around it, `+=` copies it first, and both see
only what stands above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats.document import Text
from batten.formats.lighttpd import Assignment, Block, Entry
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Problem, Setting, Span, Unknown
from batten.technologies.shared.text.places import Places

# What conditions compare that may go into a pointer; all others may hold a credential.
_SHOWN = ("host", "url", "socket", "scheme", "remoteip", "remote-ip", "request-method")


@dataclass(slots=True, eq=False)
class Pair:
    """A member of an array, where it is written. `key` is "" for a value alone; numbers are texts."""

    key: str
    value: Known
    entry: Entry
    item: Item

    def place(self) -> Location:
        """The value, to be replaced; without a key it is the whole member."""
        step = f"[{self.key}]" if self.key else ""
        return Location(self.item.source.path, self.item.pointer + step, self.entry.value.span)


Known = str | int | list[Pair] | Unknown


@dataclass(slots=True, eq=False)
class Item:
    """An assignment in its scope. `pairs` are the members of the array that it writes itself."""

    assignment: Assignment
    source: Text
    scope: Scope
    pairs: list[Pair] = field(default_factory=list)

    @property
    def name(self) -> str:
        return full_name(self.assignment.name)

    @property
    def pointer(self) -> str:
        return f"{self.scope.pointer}/{self.name}" if self.scope.pointer else self.name

    def place(self) -> Location:
        """Where the value stands, to be replaced."""
        return Location(self.source.path, self.pointer, self.assignment.value.span)

    def whole(self) -> Location:
        return Location(self.source.path, self.pointer, self.assignment.span)


def full_name(name: str) -> str:
    """A name without a dot is a variable's: `root` is `var.root`."""
    return name if "." in name else f"var.{name}"


@dataclass(slots=True, eq=False)
class Held:
    """What a setting is in one scope, and the assignments there that made it so."""

    value: Known
    items: list[Item]
    _named: tuple[int, dict[str, Pair]] = field(default=(0, {}))

    @property
    def pairs(self) -> list[Pair]:
        return self.value if isinstance(self.value, list) else []

    @property
    def named(self) -> dict[str, Pair]:
        """The members by lower-case key."""
        count, made = self._named
        if count != len(self.pairs):
            made = {p.key.lower(): p for p in self.pairs}
            self._named = (len(self.pairs), made)
        return made

    @property
    def text(self) -> str | Unknown:
        """The value as it is written; UNKNOWN for an array."""
        return str(self.value) if isinstance(self.value, (str, int)) else UNKNOWN

    @property
    def last(self) -> Item:
        return self.items[-1]


@dataclass(slots=True, eq=False)
class Scope:
    """The file's top (`block` is None), or what a condition holds for. `unread` are includes here that cannot
    be read: each the prefixes of what it can hold, or None for anything."""

    block: Block | None
    source: Text
    up: Scope | None
    span: Span
    scopes: list[Scope] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    unread: list[tuple[str, ...] | None] = field(default_factory=list)
    _pointer: str | None = None

    @property
    def pointer(self) -> str:
        if self._pointer is None:
            self._pointer = "/".join(s.step for s in reversed(list(self.around())) if s.step)
        return self._pointer

    @property
    def step(self) -> str:
        condition = self.block.condition if self.block is not None else None
        if condition is None:
            return "else" if self.block is not None and self.block.otherwise else ""
        value = f" {condition.operator} {condition.value.text}" if condition.key in _SHOWN else ""
        return f"{condition.variable}[{condition.key}]{value}"

    def around(self) -> Iterator[Scope]:
        """This scope and those around it, innermost first."""
        here: Scope | None = self
        while here is not None:
            yield here
            here = here.up

    def walk(self) -> Iterator[Scope]:
        """This scope and all within it, in reading order."""
        waiting = [self]
        while waiting:
            scope = waiting.pop()
            yield scope
            waiting += scope.scopes[::-1]

    def block_at(self) -> Location:
        """The scope, to add something to."""
        return Location(self.source.path, self.pointer, self.span, kind=Kind.BLOCK)

    def hides(self, name: str) -> bool:
        """Whether something unread here may hold the setting."""
        return any(prefixes is None or name.startswith(prefixes) for prefixes in self.unread)

    def find(self, name: str) -> Held | Absent | Unknown:
        """What is in force here: of the nearest scope that says it."""
        for scope in self.around():
            if name in scope.held:
                return scope.held[name]
            if scope.hides(name):
                return UNKNOWN
        return ABSENT

    def is_about(self, variable: str, *keys: str) -> bool:
        condition = self.block.condition if self.block is not None else None
        return condition is not None and condition.variable == variable and condition.key in keys


@dataclass(slots=True)
class Tree:
    """One configuration. A `fragment` (conf.d/api.conf by itself) is included by something that is not here."""

    root: Scope
    files: tuple[str, ...]
    problems: list[Problem]
    version: str
    fragment: bool
    brought: dict[tuple[str, int], list[str]]  # by an include's file and place, the files that it names
    sockets: list[object] | None = None  # what readers made of the tree and ask for again
    denying: list[Scope] | None = None
    redirecting: dict[int, Setting[bool]] = field(default_factory=dict)
    _places: tuple[Places[Scope], Places[tuple[Item, Pair | None]]] | None = None

    def loaded(self, module: str) -> bool | None:
        """Whether the module is in server.modules; None where that is not known."""
        found = self.root.find("server.modules")
        if isinstance(found, Held) and any(p.value == module for p in found.pairs):
            return True
        if self.fragment or found is UNKNOWN or self.root.hides("server.modules"):
            return None
        unsure = isinstance(found, Held) and (
            not isinstance(found.value, list) or any(p.value is UNKNOWN for p in found.pairs)
        )
        return None if unsure else False

    def at(self, at: Location) -> tuple[Scope, Item | None, Pair | None] | None:
        """The scope at a location, and the assignment and the member in it when one is meant."""
        if at.span is None:
            return None
        scopes, items = self._index()
        if at.kind is Kind.BLOCK:
            found = scopes.exact(at.source, at.span)
            return (found[0], None, None) if found else None
        same = items.exact(at.source, at.span) or items.innermost(at.source, at.span)
        return (same[-1][0].scope, *same[-1]) if same else None

    def _index(self) -> tuple[Places[Scope], Places[tuple[Item, Pair | None]]]:
        if self._places is None:
            every = list(self.root.walk())
            own = [i for s in every for i in s.items]
            whole = [(i.source.path, i.assignment.span, (i, None)) for i in own]
            value = [(i.source.path, i.assignment.value.span, (i, None)) for i in own]
            pairs = [(p.item.source.path, p.entry.value.span, (i, p)) for i in own for p in members(i.pairs)]
            self._places = (
                Places((s.source.path, s.span, s) for s in every),
                Places([*whole, *value, *pairs]),
            )
        return self._places


def members(pairs: list[Pair]) -> Iterator[Pair]:
    """The members of an array, and of the arrays in it."""
    waiting = pairs[::-1]
    while waiting:
        pair = waiting.pop()
        yield pair
        if isinstance(pair.value, list):
            waiting += pair.value[::-1]


def setting(scope: Scope, name: str, home: Scope | None = None) -> Setting[str]:
    """The text in force; when it is absent, `home` is the scope to write it to."""
    found = scope.find(name)
    if isinstance(found, Held):
        return Setting(found.text, found.last.place())
    return Setting(found, (home or scope).block_at())


def flag(scope: Scope, name: str, default: bool) -> Setting[bool]:
    """A setting that is "enable" or "disable"."""
    found = setting(scope, name)
    value = found.value
    return Setting(value == "enable" if isinstance(value, str) else value, found.at, default)


def number(scope: Scope, name: str, default: int | Unknown, home: Scope | None = None) -> Setting[int]:
    found = setting(scope, name, home)
    if not isinstance(found.value, str):
        return Setting(found.value, found.at, default)
    return Setting(int(found.value) if found.value.isdigit() else UNKNOWN, found.at)

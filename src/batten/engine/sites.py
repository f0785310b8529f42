"""What one file says of where requests come in and go, found by place without going through all of it each time."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from batten import facts
from batten.model import Location

F = TypeVar("F", bound=facts.Fact)
_NAMED = re.compile(r"\[([^\[\]]*)\](?=/|$)")  # the name of a part of a pointer: upstream[api]/server


def within(inner: Location, outer: Location) -> bool:
    if inner.pointer == outer.pointer or inner.pointer.startswith(outer.pointer + "/"):
        return True
    if inner.span is None or outer.span is None:
        return False
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


class Places(Generic[F]):
    """Facts of one file by pointer and by span."""

    def __init__(self, given: Iterable[F]) -> None:
        self._facts = tuple(given)
        numbered = list(enumerate(self._facts))
        self._pointers = sorted((fact.at.pointer, number) for number, fact in numbered)
        self._starts = sorted((fact.at.span.start, number) for number, fact in numbered if fact.at.span)

    def __iter__(self) -> Iterator[F]:
        return iter(self._facts)

    def inside(self, at: Location) -> list[F]:
        """Those within a place, in their order."""
        if not self._facts:
            return []
        found = set(self._below(at.pointer))
        if at.span is not None:
            first = bisect_left(self._starts, (at.span.start, -1))
            after = bisect_right(self._starts, (at.span.end, len(self._facts)))
            numbers = (number for _, number in self._starts[first:after])
            found.update(number for number in numbers if within(self._facts[number].at, at))
        return [self._facts[number] for number in sorted(found)]

    def at(self, pointer: str) -> list[F]:
        """Those of exactly this pointer."""
        return [self._facts[number] for number in self._from(pointer, lambda one: one == pointer)]

    def _below(self, pointer: str) -> Iterator[int]:
        yield from self._from(pointer, lambda one: one == pointer)
        inner = f"{pointer}/"
        yield from self._from(inner, lambda one: one.startswith(inner))

    def _from(self, start: str, fits: Callable[[str], bool]) -> Iterator[int]:
        for at in range(bisect_left(self._pointers, (start, -1)), len(self._pointers)):
            pointer, number = self._pointers[at]
            if not fits(pointer):
                return
            yield number


@dataclass
class Site:
    """What one file says of where requests come in and go."""

    listeners: Places[facts.Listener] = field(default_factory=lambda: Places(()))
    routes: Places[facts.Route] = field(default_factory=lambda: Places(()))
    upstreams: Places[facts.Upstream] = field(default_factory=lambda: Places(()))
    roots: Places[facts.WebRoot] = field(default_factory=lambda: Places(()))

    @cached_property
    def ends_tls(self) -> bool:
        return any(one.tls.known(True) for one in self.listeners)

    @cached_property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The host names of each server, by the first part of its pointer."""
        found: dict[str, dict[str, None]] = {}
        for one in self.listeners:
            found.setdefault(one.at.pointer.partition("/")[0], {}).update(dict.fromkeys(one.names))
        return {server: tuple(names) for server, names in found.items() if server}

    @cached_property
    def _called(self) -> dict[str, list[facts.Upstream]]:
        """Upstreams by the names in their pointers, and by their targets."""
        found: dict[str, list[facts.Upstream]] = {}
        for one in self.upstreams:
            names = dict.fromkeys(_NAMED.findall(one.at.pointer))
            if isinstance(one.target.value, str):
                names[one.target.value] = None
            for name in names:
                found.setdefault(name, []).append(one)
        return found

    def led_to(self, route: facts.Route) -> list[facts.Upstream]:
        """The upstreams that a route leads to: those within it, and those that it names."""
        found = {id(u): u for u in self.upstreams.inside(route.at) if u.at.pointer != route.at.pointer}
        found.update((id(u), u) for u in self._called.get(route.upstream, ()))
        return list(found.values())

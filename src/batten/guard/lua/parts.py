"""What a program of validators is put together from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.guard.lua import automaton, text

PORTION = 40  # statements; a Lua function holds only so much
_NAME = re.compile(r"\b([KFEP])\[(\d+)\]")  # a string has no bracket that is not escaped


@dataclass(slots=True)
class Bodies:
    """Functions by number; those of one text are one."""

    texts: dict[int, list[str]] = field(default_factory=dict)
    _known: dict[str, int] = field(default_factory=dict)
    _last: int = 0

    def reserved(self) -> int:
        """For a function that is called before its text is made."""
        self._last += 1
        return self._last

    def placed(self, body: list[str], number: int | None = None) -> int:
        """The number of a function, which is given where it was reserved."""
        if number is None:
            number = self._known.setdefault("\n".join(body), self._last + 1)
            self._last = max(self._last, number)
        self.texts[number] = body
        return number


@dataclass(slots=True)
class Parts:
    """Constants that are the same are there once."""

    functions: Bodies = field(default_factory=Bodies)  # F[n](v)
    markers: Bodies = field(default_factory=Bodies)  # E[n](v, seen)
    readers: Bodies = field(default_factory=Bodies)  # P[n](s, i, b, d)
    constants: list[str] = field(default_factory=list)  # K[n]
    _constants: dict[str, int] = field(default_factory=dict)
    _matchers: dict[str, str] = field(default_factory=dict)

    def constant(self, expression: str) -> str:
        if expression not in self._constants:
            self.constants.append(expression)
            self._constants[expression] = len(self.constants)
        return f"K[{self._constants[expression]}]"

    def matcher(self, pattern: str) -> str:
        if pattern not in self._matchers:
            self._matchers[pattern] = self.constant(text.automaton(automaton.compiled(pattern)))
        return self._matchers[pattern]

    def lines(self, roots: Iterable[str] | None = None) -> Iterator[str]:
        """Statements that define what `roots` name, and what that needs; everything where none are given."""
        needed = None if roots is None else self._needed(roots)
        statements = [
            body
            for (table, number), body in self._statements()
            if needed is None or (table, number) in needed
        ]
        for start in range(0, len(statements), PORTION):
            yield "(function()"
            for statement in statements[start : start + PORTION]:
                yield from statement
            yield "end)();"

    def _statements(self) -> Iterator[tuple[tuple[str, int], list[str]]]:
        for number, expression in enumerate(self.constants, 1):
            yield ("K", number), [f"K[{number}] = {expression}"]
        for table, parameters, bodies in self._tables():
            for number, body in sorted(bodies.texts.items()):
                lines = (line.lstrip() for line in body)  # there may be megabytes of them
                yield (table, number), [f"{table}[{number}] = function({parameters})", *lines, "end"]

    def _tables(self) -> tuple[tuple[str, str, Bodies], ...]:
        return (
            ("F", "v", self.functions), ("E", "v, seen", self.markers), ("P", "s, i, b, d", self.readers),
        )  # fmt: skip

    def _needed(self, roots: Iterable[str]) -> set[tuple[str, int]]:
        bodies = {table: made.texts for table, _, made in self._tables()}
        found: set[tuple[str, int]] = set()
        pending = [named for line in roots for named in _named(line)]
        while pending:
            table, number = pending.pop()
            if (table, number) not in found:
                found.add((table, number))
                lines = self.constants[number - 1 : number] if table == "K" else bodies[table][number]
                pending += (named for line in lines for named in _named(line))
        return found


def _named(line: str) -> Iterator[tuple[str, int]]:
    return ((table, int(number)) for table, number in _NAME.findall(line))

"""What a program of validators is put together from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.guard.lua import automaton, text
from batten.guard.lua.text import indented

PORTION = 40  # statements; a Lua function holds only so much


@dataclass(slots=True)
class Parts:
    """Constants that are the same are there once."""

    functions: list[list[str]] = field(default_factory=list)  # F[n](v)
    constants: list[str] = field(default_factory=list)  # K[n]
    markers: list[list[str]] = field(default_factory=list)  # E[n](v, seen)
    readers: list[list[str]] = field(default_factory=list)  # P[n](s, i, b, d)
    _constants: dict[str, int] = field(default_factory=dict)

    def constant(self, expression: str) -> str:
        if expression not in self._constants:
            self.constants.append(expression)
            self._constants[expression] = len(self.constants)
        return f"K[{self._constants[expression]}]"

    def matcher(self, pattern: str) -> str:
        return self.constant(text.automaton(automaton.compiled(pattern)))

    def reserved(self) -> int:
        self.functions.append([])
        return len(self.functions)

    def lines(self) -> Iterator[str]:
        statements = [[f"K[{n}] = {expression}"] for n, expression in enumerate(self.constants, 1)]
        statements += [_function(f"F[{n}]", "v", body) for n, body in enumerate(self.functions, 1)]
        statements += [_function(f"E[{n}]", "v, seen", body) for n, body in enumerate(self.markers, 1)]
        statements += [_function(f"P[{n}]", "s, i, b, d", body) for n, body in enumerate(self.readers, 1)]
        for start in range(0, len(statements), PORTION):
            yield "(function()"
            for statement in statements[start : start + PORTION]:
                yield from indented(statement)
            yield "end)();"


def _function(name: str, parameters: str, body: list[str]) -> list[str]:
    return [f"{name} = function({parameters})", *indented(body), "end"]

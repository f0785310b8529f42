"""Source code by the tree that a grammar makes of it: where its parts are, and which function knows a name."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tree_sitter import Node

from batten.formats.document import Text
from batten.formats.scripts import Script
from batten.model import Kind, Location


@dataclass(slots=True, eq=False)
class Code:
    """A file of code; what a language has beside its places is added by the class of its folder."""

    source: Text
    script: Script

    @property
    def path(self) -> str:
        return self.source.path

    def text(self, node: Node | None) -> str:
        return self.script.written(node) if node is not None else ""

    def value(self, node: Node, pointer: str) -> Location:
        return Location(self.path, pointer, self.script.span(node))

    def block(self, node: Node, pointer: str) -> Location:
        return Location(self.path, pointer, self.script.span(node), kind=Kind.BLOCK)

    def node_at(self, at: Location) -> Node | None:
        """The innermost node of a place."""
        return next((n for n in reversed(self.script.nodes) if self.script.span(n) == at.span), None)


class _Names(Protocol):
    names: dict[str, Node | None]


_Scope = TypeVar("_Scope", bound=_Names)


def scope_with(
    word: str, node: Node, scopes: Mapping[int, _Scope], functions: Container[str]
) -> _Scope | None:
    """The scope that knows a name where a node uses it. `scopes` are by the function's node, 0 is the file."""
    while True:
        above = enclosing(node, functions)
        scope = scopes.get(above.id if above is not None else 0)
        if scope is not None and word in scope.names:
            return scope
        if above is None:
            return None
        node = above


def enclosing(node: Node, kinds: Container[str]) -> Node | None:
    """The innermost node of one of these kinds that holds another."""
    above = node.parent
    while above is not None and above.type not in kinds:
        above = above.parent
    return above

"""A PHP file as far as settings need it: what its expressions come to, and the entries of the array that it returns.

Nothing is run. `env("NAME", default)` is taken as its default, which holds where nobody sets the variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tree_sitter import Node

from batten.formats import Workspace
from batten.formats.php import parse, unescaped
from batten.model import UNKNOWN, Kind, Location, Span, Unknown
from batten.technologies.shared.code import Code

Plain: TypeAlias = str | bool | int | tuple["Plain", ...] | None
DEEPEST = 12
CALLS = ("function_call_expression", "member_call_expression", "scoped_call_expression")


@dataclass(slots=True, eq=False)
class Module(Code):
    entries: dict[str, Node] = field(default_factory=dict)  # of the array that the file returns, with dots
    returned: Node | None = None
    calls: list[Node] = field(default_factory=list)

    def string(self, node: Node | None) -> str:
        value = self.plain(node)
        return value if isinstance(value, str) else ""

    def named(self, call: Node) -> str:
        """The name of what is called: `env`, `make` of `Cookie::make(…)`, `cookie` of `$response->cookie(…)`."""
        return self.text(call.child_by_field_name("name") or call.child_by_field_name("function"))

    def owner(self, call: Node) -> str:
        """The class or variable that a chain of calls begins with."""
        node: Node | None = call
        for _ in range(DEEPEST):
            inner = None
            if node is not None:
                inner = node.child_by_field_name("object") or node.child_by_field_name("scope")
            if inner is None:
                break
            node = inner
        return self.text(node).lstrip("\\") if node is not None and node is not call else ""

    def plain(self, node: Node | None, depth: int = 0) -> Plain | Unknown:
        """The value of an expression; UNKNOWN where something else decides."""
        if node is None or depth > DEEPEST:
            return UNKNOWN
        match node.type:
            case "string" | "encapsed_string":
                return self._text(node)
            case "boolean":
                return self.text(node).lower() == "true"
            case "null":
                return None
            case "integer":
                digits = self.text(node).replace("_", "")
                return int(digits) if digits.isdecimal() and len(digits) < 19 else UNKNOWN
            case "array_creation_expression":
                return self._items(node, depth)
            case "cast_expression" | "parenthesized_expression" | "argument":
                return self.plain(node.named_children[-1] if node.named_children else None, depth + 1)
            case "function_call_expression" if self.named(node) == "env":
                default = argument(self, node, 1, "default")
                return self.plain(default, depth + 1) if default is not None else None
            case _:
                return UNKNOWN

    def _text(self, node: Node) -> str | Unknown:
        written = self.text(node)
        if any(p.type not in ("string_content", "escape_sequence") for p in node.named_children):
            return UNKNOWN
        return unescaped(written[1:-1], written[:1])

    def _items(self, node: Node, depth: int) -> Plain | Unknown:
        found: list[Plain] = []
        for item in node.named_children:
            if item.type == "comment":
                continue
            value = (
                self.plain(item.named_children[0], depth + 1) if len(item.named_children) == 1 else UNKNOWN
            )
            if isinstance(value, Unknown):
                return UNKNOWN
            found.append(value)
        return tuple(found)

    def words(self, node: Node | None) -> tuple[str, ...] | Unknown:
        """A list of texts, or one text as such a list."""
        value = self.plain(node)
        listed = value if isinstance(value, tuple) else (value,)
        texts = tuple(one for one in listed if isinstance(one, str))
        return texts if len(texts) == len(listed) else UNKNOWN

    def literal(self, node: Node) -> Node:
        """What the edit of a value changes: the default of a variable, or the value itself."""
        inner = node
        for _ in range(DEEPEST):
            if (
                inner.type in ("cast_expression", "parenthesized_expression", "argument")
                and inner.named_children
            ):
                inner = inner.named_children[-1]
            elif inner.type == "function_call_expression" and self.named(inner) == "env":
                default = argument(self, inner, 1, "default")
                if default is None:
                    return node
                inner = default
            else:
                break
        return inner


def arguments(module: Module, call: Node) -> Iterator[tuple[str, Node]]:
    """Each argument with its name, "" where it has none."""
    given = call.child_by_field_name("arguments")
    for one in given.named_children if given is not None else ():
        if one.type == "argument" and one.named_children:
            name = one.child_by_field_name("name")
            yield (module.text(name) if name is not None else ""), one.named_children[-1]


def argument(module: Module, call: Node, index: int, name: str = "") -> Node | None:
    """An argument by its place, or by its name."""
    found = list(arguments(module, call))
    by_name = next((node for word, node in found if word and word == name), None)
    placed = [node for word, node in found if not word]
    return by_name if by_name is not None else placed[index] if index < len(placed) else None


def pairs(module: Module, array: Node) -> Iterator[tuple[str, Node]]:
    """The entries of an array that have a text as their key."""
    for item in array.named_children:
        if item.type == "array_element_initializer" and len(item.named_children) == 2:
            key = module.string(item.named_children[0])
            if key:
                yield key, item.named_children[1]


def load(path: str, workspace: Workspace) -> Module:
    """Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("laravel", path), lambda: _load(path, workspace))


def _load(path: str, workspace: Workspace) -> Module:
    document = workspace.document(path, parse)
    module = Module(document.source, document.tree)
    for node in module.script.nodes:
        if node.type in CALLS:
            module.calls.append(node)
        elif node.type == "return_statement" and module.returned is None:
            value = node.named_children[-1] if node.named_children else None
            if value is not None and value.type == "array_creation_expression":
                module.returned = value
    if module.returned is not None:
        module.entries.update(_flat(module, module.returned, "", 0))
    return module


def _flat(module: Module, array: Node, prefix: str, depth: int) -> Iterator[tuple[str, Node]]:
    for key, value in pairs(module, array):
        yield prefix + key, value
        if value.type == "array_creation_expression" and depth < DEEPEST:
            yield from _flat(module, value, f"{prefix}{key}.", depth + 1)


def whole(module: Module, pointer: str) -> Location:
    """The array that a file returns, or the file."""
    if module.returned is not None:
        return module.block(module.returned, pointer)
    return Location(module.path, pointer, Span(0, len(module.script.text)), kind=Kind.BLOCK)

"""A module as far as settings need it: which packages its names stand for, and what its expressions come to.

Nothing is run. A name stands for a value where it is assigned once in the module, and for a literal object or list only where no entry
of it is assigned later: express-session's own documentation sets `sess.cookie.secure` for production so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tree_sitter import Node

from batten.formats import Workspace
from batten.formats.javascript import parse, parse_typescript, unquoted
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.code import Code

Plain: TypeAlias = str | bool | float | tuple["Plain", ...] | None
DEEPEST = 12
_OF_REQUEST = re.compile(r"(?:req|request|ctx|context)\b")
_TYPED = (".ts", ".mts", ".cts")
WRAPPERS = (
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "await_expression",
)


@dataclass(slots=True, eq=False)
class Module(Code):
    workspace: Workspace | None = None
    packages: dict[str, str] = field(default_factory=dict)  # local names by `package` or `package.name`
    values: dict[str, Node] = field(default_factory=dict)  # assigned exactly once
    calls: list[Node] = field(default_factory=list)
    functions: dict[str, Node] = field(default_factory=dict)  # declared by name
    enums: dict[str, Node] = field(default_factory=dict)  # enumerations of TypeScript by name
    branches: list[Node] = field(default_factory=list)  # `if` statements
    left: dict[str, dict[int, int]] = field(default_factory=dict)  # by conditions, where blocks are left
    parts: dict[str, str] = field(
        default_factory=dict
    )  # of the request, by the names that a pattern gives them

    def called(self, call: Node) -> str:
        """What is called: `express.json` by the packages' names, `app.use` by the module's own."""
        return self.qualified(call.child_by_field_name("function"))

    def qualified(self, node: Node | None) -> str:
        if node is None:
            return ""
        if node.type == "member_expression":
            inner = self.qualified(node.child_by_field_name("object"))
            return f"{inner}.{self.text(node.child_by_field_name('property'))}"
        if node.type == "call_expression" and self.text(node.child_by_field_name("function")) == "require":
            return next((v for v in map(self.string, arguments(node)) if v), "")
        name = self.text(node)
        return self.packages.get(name, name) if node.type == "identifier" else ""

    def string(self, node: Node | None) -> str:
        value = self.plain(node)
        return value if isinstance(value, str) else ""

    def plain(self, node: Node | None, depth: int = 0) -> Plain | Unknown:
        """The value of an expression; UNKNOWN where something else decides."""
        if node is None or depth > DEEPEST:
            return UNKNOWN
        match node.type:
            case "string":
                return unquoted(self.text(node))
            case "template_string" if not any(c.type == "template_substitution" for c in node.named_children):
                return unquoted(self.text(node))
            case "true" | "false":
                return node.type == "true"
            case "null":
                return None
            case "number":
                return _number(self.text(node))
            case "array":
                return self._items(node, depth)
            case "identifier":
                return self._named(node, depth)
            case kind if kind in WRAPPERS and node.named_children:
                return self.plain(node.named_children[0], depth + 1)
            case _:
                return UNKNOWN

    def _items(self, node: Node, depth: int) -> Plain | Unknown:
        found: list[Plain] = []
        for item in node.named_children:
            value = self.plain(item, depth + 1)
            if isinstance(value, Unknown):
                return UNKNOWN
            found.append(value)
        return tuple(found)

    def _named(self, node: Node, depth: int) -> Plain | Unknown:
        name = self.text(node)
        if name == "Infinity":
            return float("inf")
        return self.plain(self.values.get(name), depth + 1)

    def resolved(self, node: Node | None) -> Node | None:
        """What a name stands for, else the node itself."""
        for _ in range(DEEPEST):
            if node is None or node.type != "identifier" or self.text(node) not in self.values:
                return node
            node = self.values[self.text(node)]
        return node

    def option(self, given: Node | None, key: str) -> Node | None:
        """An entry of an object literal, or of one that a name stands for."""
        return self.options(given).get(key)

    def options(self, given: Node | None, depth: int = 0) -> dict[str, Node]:
        given = self.resolved(given)
        if given is not None and given.type == "call_expression" and self.called(given) == "Object.assign":
            return {
                key: value
                for one in arguments(given)
                if depth <= DEEPEST
                for key, value in self.options(one, depth + 1).items()
            }
        if given is None or given.type != "object":
            return {}
        return dict(pairs(self, given, depth))

    def open(self, given: Node | None, depth: int = 0) -> bool:
        """Whether an object may hold more than what is written: it is not a literal, or spreads what is none."""
        found = self.resolved(given)
        if found is not None and found.type == "call_expression" and self.called(found) == "Object.assign":
            return depth > DEEPEST or any(self.open(one, depth + 1) for one in arguments(found))
        return (
            found is None
            or found.type != "object"
            or depth > DEEPEST
            or any(
                c.type == "spread_element"
                and (not c.named_children or self.open(c.named_children[0], depth + 1))
                for c in found.named_children
            )
        )


def pairs(module: Module, given: Node, depth: int = 0) -> Iterator[tuple[str, Node]]:
    """The entries of an object literal: with their value, as a method, by the name of what they stand for, or of a literal that it spreads."""
    for child in given.named_children:
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "pair" and key is not None and value is not None:
            yield module.text(key).strip("'\""), value
        elif child.type == "method_definition":
            yield module.text(child.child_by_field_name("name")).strip("'\""), child
        elif child.type == "shorthand_property_identifier":
            name = module.text(child)
            yield name, module.values.get(name, child)
        elif child.type == "spread_element" and child.named_children and depth <= DEEPEST:
            yield from module.options(child.named_children[0], depth + 1).items()


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    return [c for c in given.named_children if c.type != "comment"] if given is not None else []


def argument(call: Node, index: int) -> Node | None:
    given = arguments(call)
    return given[index] if index < len(given) else None


def load(path: str, workspace: Workspace) -> Module:
    """Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("express", path), lambda: _load(path, workspace))


def _load(path: str, workspace: Workspace) -> Module:
    document = workspace.document(path, parse_typescript if path.endswith(_TYPED) else parse)
    module = Module(document.source, document.tree, workspace)
    assigned: dict[str, list[Node]] = {}
    changed: set[str] = set()
    for node in module.script.nodes:
        match node.type:
            case "call_expression":
                module.calls.append(node)
                if module.called(node) == "Object.assign":
                    changed.add(module.text(argument(node, 0)))
            case "if_statement":
                module.branches.append(node)
            case "function_declaration":
                module.functions.setdefault(module.text(node.child_by_field_name("name")), node)
            case "enum_declaration":
                module.enums.setdefault(module.text(node.child_by_field_name("name")), node)
            case "import_statement":
                _import(module, node)
            case "variable_declarator":
                _declare(module, node, assigned)
            case "assignment_expression" | "augmented_assignment_expression":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                if left is not None and right is not None and left.type == "identifier":
                    assigned.setdefault(module.text(left), []).append(right)
                elif left is not None:
                    # The name whose entry an assignment changes: `sess` in `sess.cookie.secure = true`.
                    inner: Node | None = left
                    while inner is not None and inner.type in ("member_expression", "subscript_expression"):
                        inner = inner.child_by_field_name("object")
                    changed.add(module.text(inner))
    for name, found in assigned.items():
        # Handlers that each call their own variable so, for the same part of the request.
        alike = len({module.text(one) for one in found}) == 1 and _OF_REQUEST.match(module.text(found[0]))
        if (alike and name not in module.parts) or (
            len(found) == 1 and not (name in changed and found[0].type in ("object", "array"))
        ):
            module.values[name] = found[0]
    return module


def _import(module: Module, node: Node) -> None:
    """`import a, { b as c } from "package"` and `import * as d from "package"`."""
    package = unquoted(module.text(node.child_by_field_name("source")) or "''")
    for clause in (c for c in node.named_children if c.type == "import_clause"):
        for part in clause.named_children:
            if part.type == "identifier":
                module.packages[module.text(part)] = package
            elif part.type == "namespace_import" and part.named_children:
                module.packages[module.text(part.named_children[0])] = package
            for one in part.named_children if part.type == "named_imports" else ():
                name = module.text(one.child_by_field_name("name"))
                module.packages[module.text(one.child_by_field_name("alias")) or name] = f"{package}.{name}"


def _declare(module: Module, node: Node, assigned: dict[str, list[Node]]) -> None:
    """`const a = require("package")`, `const { b: c } = require("package")`, and values."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None:
        return
    made = module.qualified(value) if "require(" in module.text(value)[:200] else ""
    if made and name.type == "identifier":
        module.packages[module.text(name)] = made
    elif made and name.type == "object_pattern":
        for part in name.named_children:
            key = module.text(part.child_by_field_name("key")) or module.text(part)
            module.packages[module.text(part.child_by_field_name("value")) or key] = f"{made}.{key}"
    elif name.type == "identifier":
        assigned.setdefault(module.text(name), []).append(value)
    elif name.type == "object_pattern" and _OF_REQUEST.match(module.text(value)):
        _parts(module, name, module.text(value))


def _parts(module: Module, pattern: Node, whole: str) -> None:
    """`const { headers: { origin } } = req`: which part each name is. A name that two patterns give is none."""
    for part in pattern.named_children:
        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        if part.type == "shorthand_property_identifier_pattern":
            name, path = module.text(part), f"{whole}.{module.text(part)}"
            module.parts[name] = path if module.parts.get(name, path) == path else ""
        elif value is not None and value.type == "object_pattern":
            _parts(module, value, f"{whole}.{module.text(key)}")
        elif value is not None and value.type == "identifier":
            name, path = module.text(value), f"{whole}.{module.text(key)}"
            module.parts[name] = path if module.parts.get(name, path) == path else ""


def _number(text: str) -> float | Unknown:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return UNKNOWN

"""Classes, their methods and the decorators of both, by the package that each is from.

Source: https://docs.nestjs.com/custom-decorators (`applyDecorators` puts several together, so one of the program's own may be any).
"""

from __future__ import annotations

from tree_sitter import Node

from batten.formats import Workspace
from batten.model.record import record
from batten.technologies.frameworks.express.module import Module

_CLASSES = ("class_declaration", "abstract_class_declaration")


@record
class Decorator:
    """`name` begins with its package where an import shows it; `call` is None where it is written without brackets."""

    name: str
    node: Node
    call: Node | None


@record
class Method:
    node: Node
    decorators: tuple[Decorator, ...]


@record
class Class:
    """`base` is what it extends."""

    name: str
    node: Node
    decorators: tuple[Decorator, ...]
    methods: tuple[Method, ...]
    base: Node | None


def classes(module: Module, workspace: Workspace) -> dict[str, Class]:
    """The classes of a module by name, made once."""
    return workspace.kept(("nest classes", module.path), lambda: _classes(module))


def _classes(module: Module) -> dict[str, Class]:
    outer: dict[int, list[Node]] = {}  # a class that is exported has its first decorators before `export`
    found: dict[str, Class] = {}
    for node in module.script.nodes:
        if node.type == "export_statement":
            declared = node.child_by_field_name("declaration")
            if declared is not None:
                outer[declared.id] = node.named_children
        elif node.type in _CLASSES:
            one = _class(module, node, outer.get(node.id, []))
            found.setdefault(one.name, one)
    return found


def _class(module: Module, node: Node, outer: list[Node]) -> Class:
    name = module.text(node.child_by_field_name("name"))
    held = next((c for c in node.named_children if c.type == "class_heritage"), None)
    clause = next((c for c in held.named_children if c.type == "extends_clause"), None) if held is not None else None  # fmt: skip
    # The methods of a class; their decorators are before them in its body.
    body = node.child_by_field_name("body")
    found: list[Method] = []
    before: list[Node] = []
    for child in body.named_children if body is not None else ():
        if child.type == "method_definition":
            found.append(Method(child, _decorators(module, before)))
        if child.type == "decorator":
            before.append(child)
        elif child.type != "comment":
            before = []
    return Class(name, node, _decorators(module, [*outer, *node.named_children]), tuple(found), clause.child_by_field_name("value") if clause is not None else None)  # fmt: skip


def _decorators(module: Module, nodes: list[Node]) -> tuple[Decorator, ...]:
    made = (_decorator(module, one) for one in nodes if one.type == "decorator")
    return tuple(one for one in made if one is not None)


def _decorator(module: Module, node: Node) -> Decorator | None:
    inner = node.named_children[0] if node.named_children else None
    if inner is None:
        return None
    call = inner if inner.type == "call_expression" else None
    return Decorator(module.called(call) if call is not None else module.qualified(inner), node, call)

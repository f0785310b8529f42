"""Decorators of classes and methods, by the package that each is from.

Source: https://docs.nestjs.com/custom-decorators (`applyDecorators` puts several together, so one of the program's own may be any).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.model.record import record
from batten.technologies.express.module import Module

CLASSES = ("class_declaration", "abstract_class_declaration")


@record
class Decorator:
    """`name` begins with its package where an import shows it; `call` is None where it is written without brackets."""

    name: str
    node: Node
    call: Node | None


def decorators(module: Module, node: Node) -> list[Decorator]:
    """Those of a class or a method, in their order."""
    return [made for one in _nodes(node) if (made := _decorator(module, one)) is not None]


def _nodes(node: Node) -> Iterator[Node]:
    if node.type in CLASSES:
        above = node.parent
        outer = above.named_children if above is not None and above.type == "export_statement" else ()
        yield from (c for c in (*outer, *node.named_children) if c.type == "decorator")
        return
    before, found = node.prev_named_sibling, list[Node]()
    while before is not None and before.type in ("decorator", "comment"):
        found += [before] if before.type == "decorator" else []
        before = before.prev_named_sibling
    yield from reversed(found)


def _decorator(module: Module, node: Node) -> Decorator | None:
    inner = node.named_children[0] if node.named_children else None
    if inner is None:
        return None
    call = inner if inner.type == "call_expression" else None
    return Decorator(module.called(call) if call is not None else module.qualified(inner), node, call)


def methods(node: Node) -> list[Node]:
    """The methods of a class."""
    body = node.child_by_field_name("body")
    return [c for c in body.named_children if c.type == "method_definition"] if body is not None else []


def classes(module: Module) -> list[Node]:
    return [node for node in module.script.nodes if node.type in CLASSES]

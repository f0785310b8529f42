"""What a module gives to those that import it: `module.exports`, `exports.name`, `export default`, `export { a as b }`.

Sources: https://nodejs.org/api/modules.html#moduleexports, https://developer.mozilla.org/docs/Web/JavaScript/Reference/Statements/export.
"""

from __future__ import annotations

from tree_sitter import Node

from batten.technologies.frameworks.express.module import Module

_WHOLE = ("module.exports", "exports", "exports.default", "module.exports.default")


def exported(module: Module, name: str) -> Node | None:
    """The expression or function that a name stands for outside its module; "" and "default" are the module's own value."""
    if name in ("", "default"):
        found: Node | None = None
        for node in _statements(module):
            if node.type == "export_statement" and any(c.type == "default" for c in node.children):
                found = node.child_by_field_name("value") or node.child_by_field_name("declaration")
            elif (right := _assigned(module, node, _WHOLE)) is not None:
                found = right
        return _resolved(module, found)
    wanted = _listed(module).get(name)
    return _resolved(module, wanted) if wanted is not None else _known(module, name)


def _listed(module: Module) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in _statements(module):
        if (right := _assigned(module, node, ("module.exports", "exports"))) is not None:
            found |= module.options(right) if right.type == "object" else {}
        elif node.type == "export_statement" and node.child_by_field_name("source") is None:
            for clause in (c for c in node.named_children if c.type == "export_clause"):
                for one in clause.named_children:
                    inner = one.child_by_field_name("name")
                    if inner is not None:
                        found[module.text(one.child_by_field_name("alias") or inner)] = inner
        else:
            found |= _entry(module, node)
    return found


def _entry(module: Module, node: Node) -> dict[str, Node]:
    """`exports.router = router`."""
    inner = _assignment(node)
    left, right = (
        (inner.child_by_field_name("left"), inner.child_by_field_name("right")) if inner else (None, None)
    )
    outer, _, name = module.text(left).rpartition(".")
    return {name: right} if right is not None and outer in ("exports", "module.exports") else {}


def _assigned(module: Module, node: Node, names: tuple[str, ...]) -> Node | None:
    """The value of `module.exports = …`, also in a chain (`exports = module.exports = router`)."""
    inner = _assignment(node)
    if inner is None or module.text(inner.child_by_field_name("left")) not in names:
        return None
    right = inner.child_by_field_name("right")
    if right is not None and right.type == "assignment_expression":
        right = right.child_by_field_name("right")
    return right


def _assignment(node: Node) -> Node | None:
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else None
    return inner if inner is not None and inner.type == "assignment_expression" else None


def _statements(module: Module) -> list[Node]:
    return module.script.nodes[0].named_children if module.script.nodes else []


def _known(module: Module, name: str) -> Node | None:
    """`export const name = …` and `export function name`, as the module's own names."""
    return module.resolved(module.values.get(name)) or module.functions.get(name)


def _resolved(module: Module, node: Node | None) -> Node | None:
    if node is None or node.type != "identifier":
        return node
    return _known(module, module.text(node)) or node

"""Classes that controllers extend: Nest registers the routes of their methods, too."""

from __future__ import annotations

from tree_sitter import Node

from batten.formats import Workspace
from batten.technologies.express.imported import imported
from batten.technologies.express.module import Module
from batten.technologies.express.nest.decorators import classes, decorators, methods
from batten.technologies.express.nest.program import COMMON

_DEEPEST = 4


def inherits(module: Module, node: Node, workspace: Workspace, depth: int = 0) -> bool:
    """Whether a class may have routes of one that it extends."""
    name = _base(node)
    if name is None:
        return False
    found = _found(module, name, workspace) if depth < _DEEPEST and name.type == "identifier" else None
    return found is None or _routed(*found) or inherits(*found, workspace, depth + 1)


def extends(node: Node) -> bool:
    return _base(node) is not None


def _base(node: Node) -> Node | None:
    held = next((c for c in node.named_children if c.type == "class_heritage"), None)
    clause = next((c for c in held.named_children if c.type == "extends_clause"), None) if held is not None else None  # fmt: skip
    return clause.child_by_field_name("value") if clause is not None else None


def _found(module: Module, name: Node, workspace: Workspace) -> tuple[Module, Node] | None:
    """The class that a name stands for, where the program's own files show it."""
    word = module.text(name)
    if word not in module.packages:
        return _declared(module, word)
    held = imported(module, module.packages[word], workspace)
    return _declared(held[0], held[1] or word) if held is not None else None


def _declared(module: Module, word: str) -> tuple[Module, Node] | None:
    named = (one for one in classes(module) if module.text(one.child_by_field_name("name")) == word)
    return next(((module, one) for one in named), None)


def _routed(module: Module, node: Node) -> bool:
    return any(d.name.startswith(COMMON) for method in methods(node) for d in decorators(module, method))

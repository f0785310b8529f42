"""Where in a module a node stands: its function, its parameters, and the conditions that it depends on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.model.record import record
from batten.technologies.shared.choices import names_choice
from batten.technologies.shared.python.module import Module

_BEFORE = 40  # statements before one that may have ended its function
_ASIDE = re.compile(
    r"(?i)(?<![a-z])(?:debug|dev|devel|development|local|localhost|test|tests|testing)(?![a-z])"
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@record
class Scopes:
    """The parent of each node of a module, by the node's id."""

    parents: dict[int, ast.AST]

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node's parent, and on to the module."""
        parent = self.parents.get(id(node))
        while parent is not None:
            yield parent
            parent = self.parents.get(id(parent))

    def function(self, node: ast.AST) -> ast.AST | None:
        """The innermost function around a node; None for what the module itself runs."""
        return next((one for one in self.above(node) if isinstance(one, _FUNCTIONS)), None)

    def parameter(self, name: str, node: ast.AST) -> bool:
        """Whether a function around the node gets the name from its caller."""
        return any(
            name == one.arg
            for function in self.above(node)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for one in ast.walk(function.args)
            if isinstance(one, ast.arg)
        )

    def chosen(self, node: ast.AST) -> bool:
        """Whether a condition around the node, or one that ends its function before it, names the choice (`if insecure:`)."""
        inner = node
        for above in self.above(node):
            match above:
                case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if test is not inner:
                    if _names(test):
                        return True
            before = getattr(above, "body", None)
            if isinstance(before, list) and inner in before:
                at = before.index(inner)
                if any(_left(one) for one in before[max(at - _BEFORE, 0) : at]):
                    return True
            inner = above
        return False


def scopes(module: Module) -> Scopes:
    """The scopes of a module."""
    return Scopes({id(child): node for node in module.nodes for child in ast.iter_child_nodes(node)})


def _left(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(test=test, body=[*_, ast.Return() | ast.Raise()]):
            return _names(test)
        case _:
            return False


def _names(test: ast.expr) -> bool:
    written = ast.unparse(test)[:300]
    return names_choice(written) or _ASIDE.search(written) is not None

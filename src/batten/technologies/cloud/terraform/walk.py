"""The parts of expressions, and the names in them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import expressions
from batten.model import Span


def traversals(expression: expressions.Expression) -> Iterator[expressions.Traversal]:
    """Every name with its steps in an expression."""
    waiting: list[expressions.Expression] = [expression]
    while waiting:
        held = waiting.pop()
        if isinstance(held, expressions.Traversal):
            yield held
        waiting += parts(held)


def parts(expression: expressions.Expression) -> list[expressions.Expression]:
    """The expressions that one is made of."""
    match expression:
        case expressions.Template(parts=inner):
            return list(inner)
        case expressions.Tuple(items=items):
            return list(items)
        case expressions.Object(items=entries):
            return [part for item in entries for part in (item.key, item.value)]
        case expressions.Call(args=inner):
            return list(inner)
        case expressions.Operation(operands=inner):
            return list(inner)
        case expressions.Conditional():
            return [expression.condition, expression.then, expression.otherwise]
        case expressions.For():
            made = [expression.collection, expression.key, expression.result, expression.condition]
            return [part for part in made if part is not None]
        case expressions.Parentheses(inner=one):
            return [one]
        case expressions.Traversal(steps=steps):
            return _indices(steps)
        case expressions.Access(base=base, steps=steps):
            return [base, *_indices(steps)]
        case _:
            return []


def _indices(steps: tuple[expressions.Step, ...]) -> list[expressions.Expression]:
    return [step.expression for step in steps if isinstance(step, expressions.Index)]


def encoded(expression: expressions.Expression, *path: str) -> expressions.Expression | None:
    """What is at a path of an object, which may be written in a `jsonencode(…)`."""
    match expression:
        case expressions.Parentheses(inner=inner):
            return encoded(inner, *path)
        case expressions.Call(name="jsonencode", args=(inner,)):
            return encoded(inner, *path)
        case expressions.Object() if path:
            below = expression.get(path[0])
            return None if below is None else encoded(below, *path[1:])
        case _:
            return None if path else expression


def spans(expression: expressions.Expression, *path: str) -> list[Span]:
    """Where each item of a list at a path is written; one item may be without a list. [] where that cannot be told."""
    listed = encoded(expression, *path)
    if isinstance(listed, expressions.Tuple):
        return [item.span for item in listed.items]
    return [listed.span] if isinstance(listed, expressions.Object) else []

"""HCL expressions as data: what they say, and where."""

from __future__ import annotations

from typing import TypeAlias

from batten.model import Span
from batten.model.record import record


@record
class Literal:
    """A string without interpolation, a number, a truth value or null; also a bare object key."""

    value: str | int | float | bool | None
    span: Span


@record
class Template:
    """A string with interpolations: literal parts are Literals of text, other parts expressions."""

    parts: tuple[Expression, ...]
    span: Span
    heredoc: bool = False


@record
class Control:
    """A `%{ if … }` or `%{ for … }` of a template, kept as written."""

    text: str
    span: Span


@record
class Tuple:
    items: tuple[Expression, ...]
    span: Span


@record
class Item:
    """An object's entry. A key that is computed is a Parentheses, Template or Traversal."""

    key: Expression
    value: Expression
    span: Span


@record
class Object:
    items: tuple[Item, ...]
    span: Span

    def get(self, name: str) -> Expression | None:
        """The value under a literal key."""
        found = (i.value for i in self.items if isinstance(i.key, Literal) and i.key.value == name)
        return next(found, None)


@record
class Splat:
    """`.*` or `[*]`."""


@record
class Index:
    """`[expression]` where the expression is neither a plain number nor a plain string."""

    expression: Expression


Step: TypeAlias = str | int | Splat | Index


@record
class Traversal:
    """`var.x`, `aws_s3_bucket.b[0].id`, `a.*.id`: a name and the steps from it."""

    root: str
    steps: tuple[Step, ...]
    span: Span

    @property
    def names(self) -> tuple[str, ...]:
        """The root and the attribute names up to the first step that is none."""
        names = [self.root]
        for step in self.steps:
            if not isinstance(step, str):
                break
            names.append(step)
        return tuple(names)


@record
class Access:
    """Steps from something other than a name: `f(x)[0].id`."""

    base: Expression
    steps: tuple[Step, ...]
    span: Span


@record
class Call:
    """`name(args…)`; `spread` when the last argument is followed by `...`."""

    name: str
    args: tuple[Expression, ...]
    spread: bool
    span: Span


@record
class Conditional:
    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span


@record
class Operation:
    """One operand, or two."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span


@record
class For:
    """`[for …]` when `key` is None, else `{for … : key => result}`; `grouped` by a `...`."""

    names: tuple[str, ...]
    collection: Expression
    key: Expression | None
    result: Expression
    condition: Expression | None
    grouped: bool
    span: Span


@record
class Parentheses:
    inner: Expression
    span: Span


Expression: TypeAlias = (
    Literal
    | Template
    | Control
    | Tuple
    | Object
    | Traversal
    | Access
    | Call
    | Conditional
    | Operation
    | For
    | Parentheses
)

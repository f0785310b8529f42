"""What Terraform expressions come to: variables, locals, templates, conditionals and plain functions.

A module is read as it is applied where nobody gives other values: a variable has what terraform.tfvars
says, or its default. What only a plan, a provider or a caller knows is UNKNOWN.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from batten.formats.expressions import (
    Access,
    Call,
    Conditional,
    Expression,
    Index,
    Literal,
    Object,
    Operation,
    Parentheses,
    Splat,
    Step,
    Template,
    Traversal,
    Tuple,
)
from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.terraform.module import Module

DEEPEST = 60


@record
class Reference:
    """An attribute of a resource or data source: `aws_s3_bucket.images.arn`. An index is left out."""

    kind: str
    name: str
    attribute: str
    data: bool = False


Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | Reference | Unknown | None


@dataclass(slots=True)
class Evaluator:
    module: Module
    _variables: dict[str, Value] = field(default_factory=dict)
    _depth: int = 0

    def value(self, expression: Expression) -> Value:
        """Lists and objects are known even where some of their members are not."""
        if self._depth > DEEPEST:
            return UNKNOWN
        self._depth += 1
        try:
            return self._value(expression)
        finally:
            self._depth -= 1

    def _value(self, expression: Expression) -> Value:
        match expression:
            case Literal(value=value):
                return value
            case Parentheses(inner=inner):
                return self.value(inner)
            case Tuple(items=items):
                return [self.value(item) for item in items]
            case Object():
                return self._object(expression)
            case Template(parts=parts):
                return self._template([self.value(part) for part in parts])
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                return self._conditional(self.value(condition), then, otherwise)
            case Operation(operator=operator, operands=operands):
                return _operation(operator, [self.value(operand) for operand in operands])
            case Call(name=name, args=args, spread=False):
                return _called(name, [self.value(argument) for argument in args])
            case Access(base=base, steps=steps):
                return self._steps(self.value(base), steps)
            case Traversal():
                return self._traversal(expression)
            case _:
                return UNKNOWN

    def _object(self, expression: Object) -> Value:
        made: dict[str, Value] = {}
        for item in expression.items:
            key = self.value(item.key)
            if not isinstance(key, str):
                return UNKNOWN
            made[key] = self.value(item.value)
        return made

    def _template(self, parts: list[Value]) -> Value:
        if len(parts) == 1:
            return parts[0]
        texts = [_text(part) for part in parts]
        known = [text for text in texts if text is not None]
        return "".join(known) if len(known) == len(texts) else UNKNOWN

    def _conditional(self, condition: Value, then: Expression, otherwise: Expression) -> Value:
        if isinstance(condition, bool):
            return self.value(then if condition else otherwise)
        one, two = self.value(then), self.value(otherwise)
        return one if one == two else UNKNOWN

    def _traversal(self, expression: Traversal) -> Value:
        match expression.root, expression.steps:
            case "var", (str() as name, *rest):
                return self._steps(self._variable(name), rest)
            case "local", (str() as name, *rest):
                held = self.module.locals.get(name)
                return UNKNOWN if held is None else self._steps(self.value(held), rest)
            case "data", (str() as kind, str() as name, *rest):
                return Reference(kind, name, _attribute(rest), data=True)
            case "each" | "count" | "module" | "path" | "self" | "terraform", _:
                return UNKNOWN
            case kind, (str() as name, *rest) if (kind, name) in self.module.resources:
                return Reference(kind, name, _attribute(rest))
            case _:
                return UNKNOWN

    def _variable(self, name: str) -> Value:
        if name not in self._variables:
            self._variables[name] = UNKNOWN  # what names itself stays so
            self._variables[name] = self._given(name)
        return self._variables[name]

    def _given(self, name: str) -> Value:
        declared = self.module.variables.get(name)
        if name in self.module.varying or self.module.reusable or declared is None:
            return UNKNOWN
        if name in self.module.given:
            return self.value(self.module.given[name])
        default = declared.body.attributes.get("default")
        return UNKNOWN if default is None else self.value(default.expression)

    def _steps(self, value: Value, steps: tuple[Step, ...] | list[Step]) -> Value:
        for step in steps:
            key = self.value(step.expression) if isinstance(step, Index) else step
            match value, key:
                case dict(), str() if key in value:
                    value = value[key]
                case list(), int() if not isinstance(key, bool) and key < len(value):
                    value = value[key]
                case _:
                    return UNKNOWN
        return value


def _attribute(steps: list[Step]) -> str:
    """The attribute a reference ends in; the instance it picks does not matter here."""
    return next((s for s in reversed(steps) if isinstance(s, str) and not isinstance(s, Splat)), "")


def _text(value: Value) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return None


def _operation(operator: str, values: list[Value]) -> Value:
    if any(isinstance(v, Unknown | Reference) for v in values):
        return _decided(operator, values)
    match operator, values:
        case "!", [bool() as one]:
            return not one
        case "-", [int() | float() as one]:
            return -one
        case "==", [one, two]:
            return one == two
        case "!=", [one, two]:
            return one != two
        case "&&", [bool() as one, bool() as two]:
            return one and two
        case "||", [bool() as one, bool() as two]:
            return one or two
        case ">", [int() | float() as one, int() | float() as two]:
            return one > two
        case "<", [int() | float() as one, int() | float() as two]:
            return one < two
        case _:
            return UNKNOWN


def _decided(operator: str, values: list[Value]) -> Value:
    """`false && x` and `true || x` are known whatever x is."""
    if operator == "&&" and False in [v for v in values if isinstance(v, bool)]:
        return False
    if operator == "||" and True in [v for v in values if isinstance(v, bool)]:
        return True
    return UNKNOWN


def _called(name: str, values: list[Value]) -> Value:
    function = _FUNCTIONS.get(name)
    return UNKNOWN if function is None else function(values)


def _same(values: list[Value]) -> Value:
    return values[0] if len(values) == 1 else UNKNOWN


def _concat(values: list[Value]) -> Value:
    lists = [v for v in values if isinstance(v, list)]
    return [item for one in lists for item in one] if len(lists) == len(values) else UNKNOWN


def _merge(values: list[Value]) -> Value:
    made: dict[str, Value] = {}
    for value in values:
        if not isinstance(value, dict):
            return UNKNOWN
        made |= value
    return made


def _coalesce(values: list[Value]) -> Value:
    return next((v for v in values if v not in (None, "")), UNKNOWN)


def _lookup(values: list[Value]) -> Value:
    match values:
        case [dict() as held, str() as key, *rest]:
            return held[key] if key in held else rest[0] if rest else UNKNOWN
        case _:
            return UNKNOWN


def _joined(values: list[Value]) -> Value:
    match values:
        case [str() as sign, list() as items]:
            texts = [_text(item) for item in items]
            known = [text for text in texts if text is not None]
            return sign.join(known) if len(known) == len(texts) else UNKNOWN
        case _:
            return UNKNOWN


def _boolean(values: list[Value]) -> Value:
    match values:
        case [bool() as value]:
            return value
        case ["true" | "false" as word]:
            return word == "true"
        case _:
            return UNKNOWN


def _length(values: list[Value]) -> Value:
    match values:
        case [list() | dict() | str() as held]:
            return len(held)
        case _:
            return UNKNOWN


def _case(change: Callable[[str], str]) -> Callable[[list[Value]], Value]:
    return lambda values: change(values[0]) if len(values) == 1 and isinstance(values[0], str) else UNKNOWN


def _decoded(values: list[Value]) -> Value:
    match values:
        case [str() as text]:
            try:
                return _plain(json.loads(text))
            except (ValueError, RecursionError):
                return UNKNOWN
        case _:
            return UNKNOWN


def _plain(value: object) -> Value:
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case str() | bool() | int() | float() | None:
            return value
        case _:
            return UNKNOWN


# `jsonencode` is kept as the value it encodes: policies are read as data either way.
_FUNCTIONS: Mapping[str, Callable[[list[Value]], Value]] = {
    "jsonencode": _same,
    "jsondecode": _decoded,
    "tostring": _same,
    "toset": _same,
    "tolist": _same,
    "tomap": _same,
    "nonsensitive": _same,
    "sensitive": _same,
    "tobool": _boolean,
    "concat": _concat,
    "merge": _merge,
    "coalesce": _coalesce,
    "lookup": _lookup,
    "join": _joined,
    "length": _length,
    "lower": _case(str.lower),
    "upper": _case(str.upper),
    "trimspace": _case(str.strip),
}

"""Types of variables, and the values they make of what is given.

Source: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

from batten.formats.expressions import Call, Expression, Literal, Object, Parentheses, Traversal, Tuple
from batten.model import UNKNOWN, Unknown
from batten.technologies.cloud.terraform.functions import call
from batten.technologies.cloud.terraform.texts import number
from batten.technologies.cloud.terraform.values import Failure, Reference, Value, text

_DEEPEST = 30


def converted(value: Value, wanted: Expression | None, depth: int = 0) -> Value:
    """The value as its type makes it: texts of numbers, truth values and members of objects that may be
    left out. What cannot be converted is UNKNOWN; Terraform would refuse it."""
    if wanted is None or value is None or isinstance(value, Unknown | Reference) or depth > _DEEPEST:
        return value
    match wanted:
        case Parentheses(inner=inner):
            return converted(value, inner, depth + 1)
        case Literal(value=str() as name):  # JSON syntax, and Terraform before 0.12
            return _primitive(value, name)
        case Traversal(root=name, steps=()):
            return _primitive(value, name)
        case Call(name="list" | "set" as name, args=(inner,)) if isinstance(value, list):
            items: list[Value] = [converted(item, inner, depth + 1) for item in value]
            return call("toset", [items]) if name == "set" else items
        case Call(name="map", args=(inner,)) if isinstance(value, dict):
            return {key: converted(held, inner, depth + 1) for key, held in value.items()}
        case Call(name="object", args=(Object() as members,)) if isinstance(value, dict):
            return _object(value, members, depth)
        case Call(name="tuple", args=(Tuple(items=inners),)) if isinstance(value, list):
            pairs = zip(value, inners, strict=False)
            return [converted(item, inner, depth + 1) for item, inner in pairs]
        case Call(name="list" | "set" | "map" | "object" | "tuple"):
            return UNKNOWN
        case _:
            return value


def _primitive(value: Value, name: str) -> Value:
    try:
        match name, value:
            case "string", str() | int() | float():
                return text(value)
            case "number", bool():
                return UNKNOWN
            case "number", int() | float():
                return value
            case "number", str():
                return number(value)
            case "bool", bool():
                return value
            case "bool", "true" | "false" | "1" | "0":
                return value in ("true", "1")
            case "string" | "number" | "bool", _:
                return UNKNOWN
    except Failure:
        return UNKNOWN
    return value


def _object(value: dict[str, Value], members: Object, depth: int) -> Value:
    made: dict[str, Value] = {}
    for item in members.items:
        name = item.key.value if isinstance(item.key, Literal) else None
        if not isinstance(name, str):
            return UNKNOWN
        inner, default = item.value, None
        if isinstance(inner, Call) and inner.name == "optional" and inner.args:
            default = _default(inner.args[1]) if len(inner.args) > 1 else None
            inner = inner.args[0]
        held = value.get(name)
        made[name] = converted(default if held is None else held, inner, depth + 1)
    return made


def _default(expression: Expression) -> Value:
    """Defaults of optional members are written out."""
    match expression:
        case Literal(value=value):
            return value
        case Tuple(items=items):
            return [_default(item) for item in items]
        case Object(items=items):
            keys = [item.key.value if isinstance(item.key, Literal) else None for item in items]
            return {str(k): _default(i.value) for k, i in zip(keys, items, strict=True)}
        case _:
            return UNKNOWN

"""What an expression comes to, as far as the text tells.

A default that the environment may overrule (`os.environ.get("DEBUG", "1")`, a field of pydantic settings)
is kept as such: it is what runs where nobody says otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies._python.module import DEEPEST, Module, argument, follow

Plain: TypeAlias = str | int | float | bool | tuple["Plain", ...] | None
_ENVIRON = ("os.getenv", "os.environ.get", "environ.get", "os.environ.setdefault")
_TEXT: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "title": str.title,
}


@record
class Value:
    """`node` in `module` is what would have to be edited to change it."""

    plain: Plain | Unknown
    node: ast.expr
    module: Module
    overridable: bool = False


def evaluate(module: Module, node: ast.expr, depth: int = 0) -> Value:
    """The value of an expression; `plain` is UNKNOWN where something else decides."""
    unknown = Value(UNKNOWN, node, module)
    if depth > DEEPEST:
        return unknown
    match node:
        case ast.Constant(value=str() | int() | float() | bool() | None as value):
            return Value(value, node, module)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _sequence(module, node, items, depth)
        case ast.Name(id=name):
            return _name(module, node, name, depth)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return _attribute(module, node, name, attr, depth)
        case ast.Call():
            return _call(module, node, depth)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _compared(
                evaluate(module, left, depth + 1), operator, evaluate(module, right, depth + 1), unknown
            )
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = evaluate(module, operand, depth + 1)
            return (
                inner
                if isinstance(inner.plain, Unknown)
                else replace(inner, plain=not inner.plain, node=node)
            )
        case _:
            return unknown


def _sequence(module: Module, node: ast.expr, items: list[ast.expr], depth: int) -> Value:
    values = [evaluate(module, item, depth + 1) for item in items]
    known: list[Plain] = []
    for value in values:
        if isinstance(value.plain, Unknown):
            return Value(UNKNOWN, node, module)
        known.append(value.plain)
    return Value(tuple(known), node, module, any(v.overridable for v in values))


def _name(module: Module, node: ast.expr, name: str, depth: int) -> Value:
    place = follow(module, name)
    if place is None or place[1] not in place[0].names:
        return Value(UNKNOWN, node, module)
    owner, defined = place
    return evaluate(owner, owner.names[defined], depth + 1)


def _attribute(module: Module, node: ast.expr, name: str, attr: str, depth: int) -> Value:
    """`constants.DEBUG` of a module, or `settings.debug` of a settings object."""
    unknown = Value(UNKNOWN, node, module)
    place = follow(module, name)
    if place is None:
        return unknown
    owner, defined = place
    if not defined:
        return _name(owner, node, attr, depth) if attr in owner.names or attr in owner.imports else unknown
    made = owner.names.get(defined)
    return _field(owner, made, attr, depth) or unknown if isinstance(made, ast.Call) else unknown


def _field(module: Module, made: ast.Call, attr: str, depth: int) -> Value | None:
    """The default of a pydantic settings field; the environment, or an argument, may give another."""
    settings = _class(module, made.func, depth)
    if settings is None or made.args or any(k.arg in (attr, None) for k in made.keywords):
        return None
    owner, definition = settings
    if not any("Settings" in ast.unparse(base) for base in definition.bases):
        return None
    for item in definition.body:
        match item:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as given) if name == attr:
                value = evaluate(owner, _default(given), depth + 1)
                return replace(value, overridable=True)
    return None


def _class(module: Module, node: ast.expr, depth: int) -> tuple[Module, ast.ClassDef] | None:
    """The class that is called: by its name, or by a function of no arguments that returns it."""
    if not isinstance(node, ast.Name) or depth > DEEPEST:
        return None
    place = follow(module, node.id)
    if place is None:
        return None
    owner, name = place
    if name in owner.classes:
        return owner, owner.classes[name]
    for function in owner.nodes:
        if isinstance(function, ast.FunctionDef) and function.name == name:
            match function.body[-1]:
                case ast.Return(value=ast.Call(func=inner, args=[], keywords=[])):
                    return _class(owner, inner, depth + 1)
    return None


def _default(given: ast.expr) -> ast.expr:
    """`Field(False, …)` and `Field(default=False)` as their default."""
    match given:
        case ast.Call(func=ast.Name(id="Field"), args=[first, *_]):
            return first
        case ast.Call(func=ast.Name(id="Field"), keywords=keywords):
            return next((k.value for k in keywords if k.arg == "default"), given)
        case _:
            return given


def _call(module: Module, node: ast.Call, depth: int) -> Value:
    unknown = Value(UNKNOWN, node, module)
    name = module.qualified(node.func) or ast.unparse(node.func)
    if name in _ENVIRON and len(node.args) == 2:
        return replace(evaluate(module, node.args[1], depth + 1), overridable=True)
    if (default := _of_environment(node, name)) is not None:
        return replace(evaluate(module, default, depth + 1), overridable=True)
    match node:
        case ast.Call(func=ast.Name(id="bool" | "str" | "list" | "tuple" as kind), args=[inner], keywords=[]):
            value = evaluate(module, inner, depth + 1)
            if kind == "bool" and not isinstance(value.plain, Unknown):
                return replace(value, plain=bool(value.plain))
            return value if isinstance(value.plain, str if kind == "str" else tuple) else unknown
        case ast.Call(
            func=ast.Attribute(value=inner, attr="lower" | "upper" | "strip" | "title" as attr), args=[]
        ):
            value = evaluate(module, inner, depth + 1)
            return replace(value, plain=_TEXT[attr](value.plain)) if isinstance(value.plain, str) else unknown
        case ast.Call(
            func=ast.Attribute(value=inner, attr="split"), args=[ast.Constant(value=str() as sign)]
        ) if sign:
            value = evaluate(module, inner, depth + 1)
            if isinstance(value.plain, str):
                return replace(value, plain=tuple(value.plain.split(sign)))
    return unknown


def _of_environment(node: ast.Call, name: str) -> ast.expr | None:
    """The default of `env("X", default=…)`, `env.bool("X", …)` and `config("X", default=…)`, as django-environ, environs and
    python-decouple take it (https://django-environ.readthedocs.io, https://github.com/HBNetwork/python-decouple)."""
    if name != "decouple.config" and name.partition(".")[0] not in ("env", "config"):
        return None
    default = argument(node, "default", 1)
    return default if node.args and isinstance(node.args[0], ast.Constant) else None


def _compared(left: Value, operator: ast.cmpop, right: Value, unknown: Value) -> Value:
    if isinstance(left.plain, Unknown) or isinstance(right.plain, Unknown):
        return unknown
    overridable = left.overridable or right.overridable
    node = left.node if left.overridable else right.node if right.overridable else unknown.node
    module = left.module if left.overridable else right.module if right.overridable else unknown.module
    match operator:
        case ast.Eq():
            return Value(left.plain == right.plain, node, module, overridable)
        case ast.NotEq():
            return Value(left.plain != right.plain, node, module, overridable)
        case ast.In() if isinstance(right.plain, tuple):
            return Value(left.plain in right.plain, node, module, overridable)
        case _:
            return unknown

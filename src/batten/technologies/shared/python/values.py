"""What an expression comes to, as far as the text tells.

A default that the environment may overrule (`os.environ.get("DEBUG", "1")`, a field of pydantic settings)
is kept as such: it is what runs where nobody says otherwise.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.shared.python.environment import converts, deployed, lookup
from batten.technologies.shared.python.module import DEEPEST, Module, follow

Plain: TypeAlias = str | int | float | bool | tuple["Plain", ...] | None
_TRUE = ("1", "true", "yes", "on", "y", "t")
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
    variable: str = ""  # the one that may overrule it, where its name is written

    @property
    def deployed(self) -> bool:
        """Whether the repository's own deployment sets the variable, so that the default in the code decides nothing."""
        return deployed(self.variable, self.module.workspace)


def evaluate(module: Module, node: ast.expr, depth: int = 0) -> Value:
    """The value of an expression; `plain` is UNKNOWN where something else decides."""
    unknown = Value(UNKNOWN, node, module)
    if depth > DEEPEST:
        return unknown
    match node:
        case ast.Constant(value=str() | int() | float() | bool() | None as value):
            return Value(value, node, module)
        case ast.Constant(value=bytes() as data) if data.isascii():
            return Value(data.decode("ascii"), node, module)
        case ast.BinOp(left=left, op=ast.Add(), right=right) if isinstance(left, ast.Constant):
            # A text in two parts.
            first, second = evaluate(module, left, depth + 1), evaluate(module, right, depth + 1)
            if isinstance(first.plain, str) and isinstance(second.plain, str):
                return replace(second, plain=first.plain + second.plain, node=node)
            return unknown
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
        case ast.BoolOp(op=ast.Or(), values=[first, *others]):
            return _either(module, first, others, depth) or unknown
        case ast.IfExp(test=test, body=body, orelse=orelse):
            asked = evaluate(module, test, depth + 1)
            if isinstance(asked.plain, Unknown):
                return unknown
            chosen = evaluate(module, body if asked.plain else orelse, depth + 1)
            return replace(asked, plain=chosen.plain) if asked.overridable else chosen
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            # Two lists as one; of a list with a part that is not known nothing is.
            joined_left = evaluate(module, left, depth + 1)
            joined_right = evaluate(module, right, depth + 1)
            if not isinstance(joined_left.plain, tuple) or not isinstance(joined_right.plain, tuple):
                return unknown
            variable, overridable = (
                joined_left.variable or joined_right.variable,
                joined_left.overridable or joined_right.overridable,
            )
            return replace(
                unknown,
                plain=joined_left.plain + joined_right.plain,
                overridable=overridable,
                variable=variable,
            )
        case ast.ListComp(
            elt=part, generators=[ast.comprehension(target=ast.Name(id=name), iter=source, is_async=0)]
        ) if _same(part, name):
            parts = evaluate(module, source, depth + 1)
            return parts if isinstance(parts.plain, tuple) else unknown
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
    variable = next((v.variable for v in values if v.variable), "")
    return Value(tuple(known), node, module, any(v.overridable for v in values), variable)


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
                # `Field(False, …)` and `Field(default=False)` as their default.
                match given:
                    case ast.Call(func=ast.Name(id="Field"), args=[first, *_]):
                        default: ast.expr = first
                    case ast.Call(func=ast.Name(id="Field"), keywords=keywords):
                        default = next((k.value for k in keywords if k.arg == "default"), given)
                    case _:
                        default = given
                value = evaluate(owner, default, depth + 1)
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


def _call(module: Module, node: ast.Call, depth: int) -> Value:
    unknown = Value(UNKNOWN, node, module)
    found = lookup(module, node)
    if found is not None:
        if found.default is None:
            return unknown
        value = evaluate(*found.default, depth + 1)
        plain = _converted(value.plain, found.becomes)
        return replace(value, plain=plain, overridable=True, variable=found.variable)
    if len(node.args) == 1 and (kind := converts(module, node)):
        value = evaluate(module, node.args[0], depth + 1)
        return (
            replace(value, plain=_converted(value.plain, kind)) if isinstance(value.plain, str) else unknown
        )
    match node:
        case ast.Call(func=ast.Name(id="int"), args=[inner], keywords=[]):
            value = evaluate(module, inner, depth + 1)
            digits = str(value.plain).strip() if isinstance(value.plain, str | int) else ""
            return replace(value, plain=int(digits)) if re.fullmatch(r"-?[0-9]{1,18}", digits) else unknown
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


def _converted(plain: Plain | Unknown, becomes: str) -> Plain | Unknown:
    """A default as the call that reads it converts it."""
    if not isinstance(plain, str) or not becomes:
        return plain
    if becomes == "bool":
        return plain.strip().lower() in _TRUE
    return tuple(part.strip() for part in plain.split(",") if part.strip())


def _either(module: Module, first: ast.expr, others: list[ast.expr], depth: int) -> Value | None:
    """`os.environ.get("X") or "default"`: what holds where nothing sets the variable."""
    found = lookup(module, first)
    value = evaluate(module, first, depth + 1)
    unset = found is not None and found.default is None
    if isinstance(value.plain, Unknown) and not unset:
        return None
    if not isinstance(value.plain, Unknown) and value.plain:
        return value
    rest = others[0] if len(others) == 1 else ast.BoolOp(ast.Or(), others)
    variable = found.variable if found is not None else value.variable
    other = evaluate(module, rest, depth + 1)
    return replace(other, overridable=other.overridable or value.overridable or unset, variable=variable)


def _same(part: ast.expr, name: str) -> bool:
    """Whether each part of a comprehension is what it was, but for spaces around it."""
    match part:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=other), attr="strip" | "lower"), args=[]):
            return other == name
        case ast.Name(id=other):
            return other == name
        case _:
            return False


def _compared(left: Value, operator: ast.cmpop, right: Value, unknown: Value) -> Value:
    if isinstance(left.plain, Unknown) or isinstance(right.plain, Unknown):
        return unknown
    overridable = left.overridable or right.overridable
    node = left.node if left.overridable else right.node if right.overridable else unknown.node
    module = left.module if left.overridable else right.module if right.overridable else unknown.module
    variable = left.variable or right.variable
    match operator:
        case ast.Eq():
            return Value(left.plain == right.plain, node, module, overridable, variable)
        case ast.NotEq():
            return Value(left.plain != right.plain, node, module, overridable, variable)
        case ast.In() if isinstance(right.plain, tuple):
            return Value(left.plain in right.plain, node, module, overridable, variable)
        case _:
            return unknown

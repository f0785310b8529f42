"""Modules whose top-level names are settings: Django's, gunicorn's, those that Flask loads."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.technologies.shared.python.module import DEEPEST, Module, neighbour
from batten.technologies.shared.python.values import Plain, evaluate

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Assigned:
    """The names that a module assigns once and under no condition, and those of the modules it imports with a star.

    `touched` are names that conditions or later statements may change. `whole` is False where code that is not in the
    workspace may set more names.
    """

    module: Module
    own: dict[str, ast.expr] = field(default_factory=dict)
    inherited: dict[str, tuple[Module, ast.expr]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    grown: dict[str, list[ast.expr]] = field(
        default_factory=dict
    )  # what is only ever added to a list, by its name
    replaced: frozenset[str] = frozenset()  # names that are assigned more than once, or lose what is in them
    whole: bool = True

    @property
    def only_grown(self) -> frozenset[str]:
        """Lists that are assigned once, and later only added to, under a condition or not."""
        return frozenset(self.touched & self.own.keys()) - self.replaced

    @property
    def anchor(self) -> ast.AST:
        """A statement that stands for the settings that the module lacks."""
        return next((s for s in self.module.tree.body if isinstance(s, ast.Assign)), self.module.tree)

    def knows(self, name: str) -> bool:
        return name in self.own or name in self.inherited or name in self.touched

    def given(self, name: str) -> tuple[Module, ast.expr] | None:
        """The expression of a name, and the module that it is in; None where no module assigns it, or a condition decides."""
        if name in self.touched:
            return None
        return (self.module, self.own[name]) if name in self.own else self.inherited.get(name)

    def plain(self, name: str) -> Plain | Unknown:
        """The value of a name, of whichever module; UNKNOWN where it is not certain."""
        given = self.given(name)
        return UNKNOWN if given is None else evaluate(*given).plain


def assigned(module: Module, depth: int = 0) -> Assigned:
    """The settings of a module."""
    kept = module.workspace.kept
    return kept(("assigned names", module.path), lambda: _assigned(module, depth))


def _assigned(module: Module, depth: int) -> Assigned:
    found = Assigned(module)
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.own[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.own[name] = value
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                dotted = "." * statement.level + (statement.module or "")
                base = neighbour(found.module, dotted) if depth < DEEPEST else None
                if base is None or base.path == found.module.path:
                    found.whole = False
                else:
                    outer = assigned(base, depth + 1)
                    found.inherited |= outer.inherited | {
                        name: (base, value) for name, value in outer.own.items()
                    }
                    found.touched |= outer.touched
                    found.whole &= outer.whole
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                found.touched.add(name)
                found.grown.setdefault(name, []).append(value)
            case ast.Expr(value=ast.Call() as call):
                found.whole &= not _may_assign(call)
                _grow(found, call)
            case _:
                _nested(found, statement)
    found.touched |= {name for name in module.assigned if name not in module.names}
    found.replaced = frozenset(_replaced(module))
    return found


def _grow(found: Assigned, call: ast.Call) -> None:
    """`NAME.append(…)` and `NAME.extend(…)` at the top of the module."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]):
            found.grown.setdefault(name, []).append(ast.copy_location(ast.List([one], ast.Load()), one))
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="extend"), args=[several]):
            found.grown.setdefault(name, []).append(several)


def _replaced(module: Module) -> Iterator[str]:
    """Names that are assigned more than once, or lose what is in them."""
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="remove" | "clear" | "pop")):
                yield name
            case ast.Delete(targets=targets):
                yield from (
                    one.id for one in ast.walk(ast.Tuple(targets, ast.Load())) if isinstance(one, ast.Name)
                )
    counts: dict[str, int] = {}
    for node in module.nodes:
        for target in (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else ()
        ):
            if isinstance(target, ast.Name):
                counts[target.id] = counts.get(target.id, 0) + 1
    yield from (name for name, count in counts.items() if count > 1)


def _may_assign(call: ast.Call) -> bool:
    return any(isinstance(a, ast.Call) and ast.unparse(a) in ("locals()", "globals()") for a in call.args)


def _nested(found: Assigned, statement: ast.stmt) -> None:
    """Names under a condition are not certain; a star under one may set any name."""
    for node in ast.walk(statement):
        match node:
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                found.whole = False
            case ast.Name(id=name, ctx=ast.Store()):
                found.touched.add(name)
            case ast.Call() if _may_assign(node):
                found.whole = False


def stars(module: Module) -> Iterator[str]:
    """The dotted names of the modules that a module imports with a star."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield "." * node.level + (node.module or "")


def assigned_setting(
    found: Assigned,
    name: str,
    default: T | Absent | Unknown,
    read: Callable[[Plain], T | Unknown],
    unsafe: Callable[[T], bool] = lambda value: False,
) -> Setting[T]:
    """The effective value of a name that the module itself assigns, or lacks. What another module assigns is judged there,
    and what the environment may overrule is known only when its default is `unsafe`."""
    module = found.module
    missing = module.block(found.anchor, name)
    if name in found.own and name in found.touched:
        for node in (found.own[name], *found.grown.get(name, ())):
            value = evaluate(module, node)
            known = UNKNOWN if isinstance(value.plain, Unknown) else read(value.plain)
            # What is added to takes nothing away; nothing else is known of it.
            if (
                name in found.only_grown
                and not isinstance(known, Unknown)
                and unsafe(known)
                and not value.deployed
            ):
                return Setting(known, module.value(node, name))
    if name not in found.own or name in found.touched:
        unknown = found.knows(name) or not found.whole
        return Setting(UNKNOWN, missing) if unknown else Setting(ABSENT, missing, default)
    value = evaluate(module, found.own[name])
    here = value.module.path == module.path
    at = module.value(value.node if here else found.own[name], name)
    if isinstance(value.plain, Unknown):
        return Setting(UNKNOWN, at)
    known = read(value.plain)
    doubtful = value.overridable and (isinstance(known, Unknown) or not unsafe(known) or value.deployed)
    return Setting(UNKNOWN if doubtful else known, at)

"""The paths that applications of Litestar register: handlers, routers and controllers that they list.

Source: https://docs.litestar.dev/latest/usage/routing/overview.html. What is listed by an expression has no path that is known here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AppRoute, Fact
from batten.model import UNKNOWN, Setting
from batten.technologies.frameworks.litestar.settings import applications
from batten.technologies.shared.python.module import DEEPEST, Module, argument, follow, spreads
from batten.technologies.shared.python.values import evaluate

_VERBS = ("get", "post", "put", "patch", "delete", "head")
_CONVERTER = re.compile(r"\{(\w+):\w+\}")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def routes(module: Module) -> Iterator[Fact]:
    """A fact for each handler whose whole path is known."""
    for call in applications(module):
        yield from _listed(module, argument(call, "route_handlers", 0), _prefix(module, call), 0)


def _prefix(module: Module, call: ast.Call) -> str | None:
    given = argument(call, "path")
    if given is None:
        return None if spreads(call) else ""
    value = evaluate(module, given)
    return _clean(value.plain) if isinstance(value.plain, str) and not value.overridable else None


def _clean(path: str) -> str:
    return "/" + path.strip("/") if path.strip("/") else ""


def _listed(module: Module, given: ast.expr | None, prefix: str | None, depth: int) -> Iterator[Fact]:
    if isinstance(given, ast.Name):
        given = module.names.get(given.id)
    if not isinstance(given, ast.List | ast.Tuple) or prefix is None or depth > DEEPEST:
        return
    for one in given.elts:
        yield from _one(module, one, prefix, depth)


def _one(module: Module, node: ast.expr, prefix: str, depth: int) -> Iterator[Fact]:
    """A handler, a router or a controller, by its name or where it is made."""
    owner, made = module, node
    if isinstance(node, ast.Name):
        place = follow(module, node.id)
        if place is None:
            return
        owner, name = place
        if name in owner.classes:
            definition = owner.classes[name]
            path: str | None = ""
            for item in definition.body:
                match item:
                    case (
                        ast.Assign(targets=[ast.Name(id="path")], value=value)
                        | ast.AnnAssign(target=ast.Name(id="path"), value=ast.expr() as value)
                    ):
                        found = evaluate(owner, value).plain
                        path = _clean(found) if isinstance(found, str) else None
            for item in definition.body if path is not None else ():
                if isinstance(item, Function):
                    yield from _handler(owner, item, prefix + (path or ""))
            return
        function = next((f for f in owner.nodes if isinstance(f, Function) and f.name == name), None)
        if function is not None:
            yield from _handler(owner, function, prefix)
            return
        made = owner.names.get(name, node)
    if isinstance(made, ast.Call) and owner.qualified(made.func) in (
        "litestar.Router",
        "litestar.router.Router",
    ):
        inner = _prefix(owner, made)
        yield from _listed(
            owner, argument(made, "route_handlers"), None if inner is None else prefix + inner, depth + 1
        )


def _handler(module: Module, function: Function, prefix: str) -> Iterator[Fact]:
    for decorator in function.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = module.qualified(call.func if call is not None else decorator)
        verb = name.rpartition(".")[2]
        if not name.startswith("litestar.") or verb not in _VERBS:
            continue
        given = argument(call, "path", 0) if call is not None else None
        path = evaluate(module, given).plain if given is not None else ""
        if isinstance(path, str) and call is not None and not spreads(call):
            clean = _CONVERTER.sub(r"{\1}", prefix + _clean(path)) or "/"
            at = module.value(call, f"route[{verb.upper()} {clean}]")
            documented_given = argument(call, "include_in_schema")
            documented_at = module.value(
                documented_given if documented_given is not None else call, "include_in_schema"
            )
            if documented_given is None:
                documented: Setting[bool] = Setting(True, documented_at)
            else:
                value = evaluate(module, documented_given).plain
                documented = Setting(value if isinstance(value, bool) else UNKNOWN, documented_at)
            yield AppRoute(at, clean, (verb.upper(),), documented)

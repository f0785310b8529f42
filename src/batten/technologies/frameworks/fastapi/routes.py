"""The paths an application registers, with the prefixes of its routers, over its modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AppRoute, Fact
from batten.model import UNKNOWN, Setting
from batten.model.record import record
from batten.technologies.frameworks.fastapi.settings import applications
from batten.technologies.shared.python.module import DEEPEST, Module, argument, defined, spreads
from batten.technologies.shared.python.values import evaluate

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_ROUTERS = ("fastapi.APIRouter", "fastapi.routing.APIRouter")
_CONVERTER = re.compile(r"\{(\w+):\w+\}")


@record
class Router:
    """An application or router in a module, under what it is included, and whether that is listed."""

    module: Module
    name: str
    prefix: str
    documented: bool = True


def app_routes(module: Module) -> Iterator[Fact]:
    """Routes whose whole path is known; what is under a prefix that cannot be read is left out."""
    seen: set[tuple[str, str, str]] = set()
    for application in applications(module):
        if application.name:
            yield from _of(Router(module, application.name, ""), seen, 0)
        yield from _listed(module, argument(application.call, "routes"), "", 0)


def _of(router: Router, seen: set[tuple[str, str, str]], depth: int) -> Iterator[Fact]:
    key = (router.module.path, router.name, router.prefix)
    if key in seen or depth > DEEPEST:
        return
    seen.add(key)
    module = router.module
    known = module.workspace.kept(("fastapi registered", module.path), lambda: _registered(module))
    for call in known.get(router.name, ()):
        if _method(call, router.name) != "include_router":
            verb = _method(call, router.name)
            given = argument(call, "path", 0)
            if given is not None and verb in (*_VERBS, "api_route", "route"):
                path = evaluate(router.module, given).plain
                methods = (verb.upper(),) if verb in _VERBS else _methods(router.module, call)
                if isinstance(path, str) and methods:
                    yield _route(router.module, call, router.prefix + path, methods, router.documented)
        elif (inner := _included(router, call)) is not None:
            yield from _of(inner, seen, depth + 1)


def _registered(module: Module) -> dict[str, list[ast.Call]]:
    """What decorates functions, and what includes routers, by the name of the application or router that does."""
    found: dict[str, list[ast.Call]] = {}
    for node in module.nodes:
        match node:
            case ast.FunctionDef(decorator_list=calls) | ast.AsyncFunctionDef(decorator_list=calls):
                pass
            case ast.Call(func=ast.Attribute(attr="include_router"), args=[_, *_]):
                calls = [node]
            case _:
                continue
        for call in calls:
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                    found.setdefault(name, []).append(call)
    return found


def _method(call: ast.Call, owner: str) -> str:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == owner:
            return attr
        case _:
            return ""


def _methods(module: Module, call: ast.Call) -> tuple[str, ...]:
    given = argument(call, "methods", 2 if isinstance(call.func, ast.Name) else None)
    if given is None:
        return () if spreads(call) else ("GET",)
    value = evaluate(module, given).plain
    return tuple(str(m).upper() for m in value) if isinstance(value, tuple) else ()


def _route(module: Module, call: ast.Call, path: str, methods: tuple[str, ...], listed: bool) -> AppRoute:
    clean = _CONVERTER.sub(r"{\1}", path) or "/"
    at = module.value(call, f"route[{' '.join(methods)} {clean}]")
    given = argument(call, "include_in_schema")
    if given is None:
        documented: Setting[bool] = Setting(listed, module.value(call, "include_in_schema"))
    else:
        value = evaluate(module, given).plain
        documented = Setting(
            value and listed if isinstance(value, bool) else UNKNOWN, module.value(given, "include_in_schema")
        )
    return AppRoute(at, clean, methods, documented)


def _included(router: Router, call: ast.Call) -> Router | None:
    """The router that `include_router` names, under both prefixes; None when one is not known."""
    place = defined(router.module, call.args[0])
    if place is None:
        return None
    owner, name = place
    made = owner.names.get(name)
    if not isinstance(made, ast.Call) or owner.qualified(made.func) not in _ROUTERS:
        return None
    outer, inner = _prefix(router.module, call), _prefix(owner, made)
    if outer is None or inner is None:
        return None
    listed = router.documented and _listing(router.module, call) and _listing(owner, made)
    return Router(owner, name, router.prefix + outer + inner, listed)


def _prefix(module: Module, call: ast.Call) -> str | None:
    given = argument(call, "prefix")
    if given is None:
        return None if spreads(call) else ""
    value = evaluate(module, given)
    return value.plain if isinstance(value.plain, str) and not value.overridable else None


def _listing(module: Module, call: ast.Call) -> bool:
    given = argument(call, "include_in_schema")
    return given is None or evaluate(module, given).plain is not False


def _listed(module: Module, given: ast.expr | None, prefix: str, depth: int) -> Iterator[Fact]:
    """Starlette's `routes=[Route("/x", endpoint), Mount("/y", routes=[…])]`."""
    if isinstance(given, ast.Name):
        given = module.names.get(given.id)
    if not isinstance(given, ast.List) or depth > DEEPEST:
        return
    for call in given.elts:
        if not isinstance(call, ast.Call):
            continue
        kind = module.qualified(call.func).rpartition(".")[2]
        first = argument(call, "path", 0)
        path = evaluate(module, first).plain if first is not None else UNKNOWN
        if not isinstance(path, str):
            continue
        if kind == "Route" and (methods := _methods(module, call)):
            yield _route(module, call, prefix + path, methods, True)
        elif kind == "Mount":
            yield from _listed(module, argument(call, "routes"), prefix + path.rstrip("/"), depth + 1)

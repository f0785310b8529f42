"""The paths of an application and of the blueprints that it registers (https://flask.palletsprojects.com/en/stable/blueprints/)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AppRoute, Fact
from batten.model import UNKNOWN, Setting
from batten.technologies.frameworks.flask.configuration import Application
from batten.technologies.shared.python.handlers import Function
from batten.technologies.shared.python.module import Module, argument, defined, spreads
from batten.technologies.shared.python.values import evaluate

_CONVERTER = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
VERBS = ("get", "post", "put", "patch", "delete")


def routes(application: Application) -> Iterator[Fact]:
    """Routes whose whole path is known."""
    module = application.module
    if not application.name:
        return
    yield from _decorated(module, application.name, "")
    for call in module.calls():
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="register_blueprint"), args=[blueprint, *_]
            ):
                if name == application.name:
                    yield from _registered(module, call, blueprint)


def _registered(module: Module, call: ast.Call, blueprint: ast.expr) -> Iterator[Fact]:
    place = defined(module, blueprint)
    if place is None or spreads(call):
        return
    owner, name = place
    made = owner.names.get(name)
    if not isinstance(made, ast.Call) or not owner.qualified(made.func).endswith(".Blueprint"):
        return
    given = argument(call, "url_prefix") or argument(made, "url_prefix")
    outer = given if given is not None else ast.Constant("")
    prefix = evaluate(module if argument(call, "url_prefix") is not None else owner, outer)
    if isinstance(prefix.plain, str) and not prefix.overridable:
        yield from _decorated(owner, name, prefix.plain.rstrip("/"))


def _decorated(module: Module, name: str, prefix: str) -> Iterator[Fact]:
    for function in module.nodes:
        for decorator in function.decorator_list if isinstance(function, Function) else ():
            match decorator:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attr)) if owner == name:
                    yield from _route(module, decorator, attr, prefix)


def _route(module: Module, decorator: ast.Call, attr: str, prefix: str) -> Iterator[Fact]:
    given = argument(decorator, "rule", 0)
    path = evaluate(module, given).plain if given is not None else None
    methods = _methods(module, decorator) if attr == "route" else (attr.upper(),) if attr in VERBS else ()
    if isinstance(path, str) and methods:
        whole = prefix + _CONVERTER.sub(r"{\1}", path) or "/"
        at = module.value(decorator, f"route[{' '.join(methods)} {whole}]")
        yield AppRoute(at, whole, methods, Setting(UNKNOWN, at))


def _methods(module: Module, decorator: ast.Call) -> tuple[str, ...]:
    given = argument(decorator, "methods")
    if given is None:
        return () if spreads(decorator) else ("GET",)
    value = evaluate(module, given).plain
    return tuple(str(m).upper() for m in value) if isinstance(value, tuple) else ()

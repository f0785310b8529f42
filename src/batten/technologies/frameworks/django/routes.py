"""The paths of `urlpatterns`, over the modules that they include, with the verbs that views say they have.

https://docs.djangoproject.com/en/5.2/topics/http/urls/. A view whose verbs cannot be read is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AppRoute, Fact
from batten.model import UNKNOWN, Location, Setting
from batten.technologies.frameworks.django.settings import Settings
from batten.technologies.shared.python.module import DEEPEST, Module, argument, defined, neighbour
from batten.technologies.shared.python.values import evaluate

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
# https://www.django-rest-framework.org/api-guide/generic-views/#concrete-view-classes
_GENERIC = {
    "CreateAPIView": ("POST",),
    "ListAPIView": ("GET",),
    "RetrieveAPIView": ("GET",),
    "DestroyAPIView": ("DELETE",),
    "UpdateAPIView": ("PUT", "PATCH"),
    "ListCreateAPIView": ("GET", "POST"),
    "RetrieveUpdateAPIView": ("GET", "PUT", "PATCH"),
    "RetrieveDestroyAPIView": ("GET", "DELETE"),
    "RetrieveUpdateDestroyAPIView": ("GET", "PUT", "PATCH", "DELETE"),
}
_FIXED = {"require_GET": ("GET",), "require_POST": ("POST",), "require_safe": ("GET", "HEAD")}


def routes(found: Settings) -> Iterator[Fact]:
    """The routes of the module that ROOT_URLCONF names."""
    node = found.names.own.get("ROOT_URLCONF")
    name = evaluate(found.module, node).plain if node is not None else None
    root = neighbour(found.module, name) if isinstance(name, str) else None
    if root is not None:
        yield from _of(root, "/", 0)


def _of(module: Module, prefix: str, depth: int) -> Iterator[Fact]:
    patterns = module.names.get("urlpatterns")
    if not isinstance(patterns, ast.List | ast.Tuple) or depth > DEEPEST:
        return
    for call in patterns.elts:
        if isinstance(call, ast.Call) and module.qualified(call.func) == "django.urls.path":
            yield from _path(module, call, prefix, depth)


def _path(module: Module, call: ast.Call, prefix: str, depth: int) -> Iterator[Fact]:
    route, view = argument(call, "route", 0), argument(call, "view", 1)
    path = evaluate(module, route).plain if route is not None else None
    if not isinstance(path, str) or view is None:
        return
    whole = prefix + _CONVERTER.sub(r"{\1}", path)
    if isinstance(view, ast.Call) and module.qualified(view.func) == "django.urls.include":
        name = evaluate(module, view.args[0]).plain if view.args else None
        inner = neighbour(module, name) if isinstance(name, str) else None
        if inner is not None:
            yield from _of(inner, whole, depth + 1)
    elif (found := _verbs(module, view)) is not None:
        methods, at = found
        yield AppRoute(at, whole, methods, Setting(UNKNOWN, at))


def _verbs(module: Module, view: ast.expr) -> tuple[tuple[str, ...], Location] | None:
    """The verbs of a view, and the place that says so."""
    if isinstance(view, ast.Call) and isinstance(view.func, ast.Attribute) and view.func.attr == "as_view":
        place = defined(module, view.func.value) if not view.args else None
        return _of_class(*place) if place is not None else None
    place = defined(module, view)
    if place is None:
        return None
    owner, name = place
    for node in owner.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = owner.qualified(called).rpartition(".")[2]
                if name in _FIXED:
                    return _FIXED[name], owner.value(decorator, node.name)
                if name in ("require_http_methods", "api_view") and isinstance(decorator, ast.Call):
                    given = evaluate(owner, decorator.args[0]).plain if decorator.args else ("GET",)
                    if isinstance(given, tuple):
                        return tuple(str(m).upper() for m in given), owner.value(decorator, node.name)
            return None
    return None


def _of_class(module: Module, name: str) -> tuple[tuple[str, ...], Location] | None:
    """The methods of a view that inherits from Django's or REST framework's plain view alone, or from a generic one."""
    node = module.classes.get(name)
    bases = [module.qualified(base) for base in node.bases] if node is not None else []
    if node is None or len(bases) != 1:
        return None
    base = bases[0].rpartition(".")[2]
    generic = _GENERIC.get(base, ()) if bases[0].startswith("rest_framework.generics.") else ()
    if not generic and base not in ("View", "APIView"):
        return None
    defined = {n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    named = evaluate(module, given).plain if (given := _assigned(node, "http_method_names")) else _VERBS
    if not isinstance(named, tuple):
        return None
    methods = tuple(v.upper() for v in _VERBS if (v in defined or v.upper() in generic) and v in named)
    functions = (n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    head = node if generic else next(functions, node)
    return (methods, module.block(head, name)) if methods else None


def _assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    """What the body of a class assigns to a name."""
    for one in node.body:
        match one:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value
    return None

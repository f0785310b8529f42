"""Handlers that answer with what only developers should see: tracebacks and the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.formats.python import span
from batten.model import Edit, Fix, Setting, Span, Switch
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.python.module import Module

Function = ast.FunctionDef | ast.AsyncFunctionDef
_TRACES = ("traceback.format_exc", "traceback.format_exception", "traceback.format_tb")
# What wraps a value and sends all of it.
_WRAPPERS = frozenset(("dict", "str", "repr", "jsonify", "JSONResponse", "JsonResponse", "Response", "HttpResponse", "PlainTextResponse", "sorted", "list", "dumps", "make_response"))  # fmt: skip
_HANDLERS = frozenset(("route", "get", "post", "put", "patch", "delete", "api_route", "errorhandler", "app_errorhandler", "exception_handler", "api_view"))  # fmt: skip


def leaks(module: Module) -> Iterator[Fact]:
    """A traceback, or the whole environment, in what a handler returns."""
    # The functions that an application, a router or a handler names to answer errors: `exception_handlers={Exception:
    # failed}`.
    given = (k.value for call in module.calls() for k in call.keywords if k.arg == "exception_handlers")
    named = (module.names.get(one.id) if isinstance(one, ast.Name) else one for one in given)
    listed = (value for one in named if isinstance(one, ast.Dict) for value in one.values)
    answering = frozenset(value.id for value in listed if isinstance(value, ast.Name))
    for function in module.nodes:
        if isinstance(function, Function) and (function.name in answering or _handles(module, function)):
            pending: list[ast.AST] = list(function.body)
            while pending:
                node = pending.pop(0)
                if isinstance(node, ast.Return) and node.value is not None:
                    returned = node.value
                    yield from _leak(module, function, returned)
                elif not isinstance(node, Function | ast.Lambda | ast.ClassDef):
                    pending.extend(ast.iter_child_nodes(node))


def _handles(module: Module, function: Function) -> bool:
    """Whether a decorator registers it, or it takes a request as Django's views do."""
    named = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    if any(ast.unparse(name).rpartition(".")[2] in _HANDLERS for name in named):
        return True
    return module.uses("django", "rest_framework") and any(a.arg == "request" for a in function.args.args)


def _leak(module: Module, function: Function, returned: ast.expr) -> Iterator[Fact]:
    for call in ast.walk(returned):
        if isinstance(call, ast.Call) and module.qualified(call.func) in _TRACES:
            at = module.value(call, f"{function.name}/{ast.unparse(call.func)}")
            yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), f"the traceback of `{function.name}`")
            return
    if (environment := _sent_whole(module, returned)) is not None:
        at = module.value(environment, f"{function.name}/os.environ")
        what = f"`{function.name}` with the environment of the process"
        yield Feature(at, Switch.CONSOLE, Setting(True, at), what)


def _sent_whole(module: Module, node: ast.expr, depth: int = 0) -> ast.expr | None:
    """`os.environ` where all of it is sent: bare, wrapped, or a value of what is sent."""
    if depth > 6:
        return None
    if module.qualified(node) == "os.environ":
        return node
    match node:
        case ast.Call(func=func, args=args, keywords=keywords):
            name = ast.unparse(func).rpartition(".")[2]
            inner = [*args, *(k.value for k in keywords)] if name in _WRAPPERS else []
        case ast.Dict(values=inner) | ast.Tuple(elts=inner) | ast.List(elts=inner):
            pass
        case _:
            return None
    return next((found for one in inner if (found := _sent_whole(module, one, depth + 1)) is not None), None)


def without_trace(module: Module, where: Span) -> Fix | None:
    """A fixed text in the place of a traceback."""
    for call in module.calls():
        if span(module.source, call) == where and module.qualified(call.func) in _TRACES:
            edits = [Edit(module.path, where, '"internal error"')]
            return risky("answer with a fixed text", edits, "clients that read the details of errors")
    return None

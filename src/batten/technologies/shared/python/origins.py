"""`Access-Control-Allow-Origin` that a handler or middleware writes by itself: the request's own Origin, `*`, or a fixed text.

Sources: https://fetch.spec.whatwg.org/#http-access-control-allow-origin, https://docs.djangoproject.com/en/stable/ref/request-response/#setting-header-fields,
https://werkzeug.palletsprojects.com/en/stable/datastructures/#werkzeug.datastructures.Headers, https://www.starlette.io/responses/.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Edit, Fix, Location, Setting
from batten.model.record import record
from batten.technologies.shared.python.arguments import rule
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.python.module import DEEPEST, Module

POINTER = "header/origin"
_ORIGIN = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_NAMES = ("origin", "http_origin")  # of headers, and of a WSGI environment
_LOGGING = ("log", "print", "self.log", "app.logger", "current_app.logger")
_METHODS = ("set", "add", "append", "setdefault", "__setitem__")


@record
class Written:
    """A header that a statement writes; `guarded` where a condition decides about it."""

    name: str
    value: ast.expr
    guarded: bool


def written_origins(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each place where a function writes the header."""
    if _ORIGIN not in module.source.text.lower():
        return
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = list(_headers(module, node.body, False))
            allowed = [
                one
                for one in found
                if one.name == _CREDENTIALS
                and isinstance(one.value, ast.Constant)
                and str(one.value.value).lower() == "true"
            ]
            for one in found:
                credentials = allowed[0].value if allowed else None
                if one.name != _ORIGIN:
                    continue
                here = module.value(one.value, POINTER)
                if (
                    isinstance(one.value, ast.Constant)
                    and isinstance(one.value.value, str)
                    and not one.guarded
                ):
                    origin, policy_allowed = rule(one.value.value, here), Setting[bool](UNKNOWN, here)
                elif _requested(module, one.value) and not one.guarded:
                    origin, policy_allowed = (
                        OriginRule(OriginKind.REFLECTED, Setting("", here)),
                        Setting[bool](UNKNOWN, here),
                    )
                    if credentials is not None:
                        policy_allowed = Setting(True, module.value(credentials, "header/credentials"))
                else:
                    continue
                none = Setting[tuple[str, ...]](ABSENT, here)
                varies = Setting[bool](UNKNOWN, here)
                yield CorsPolicy(
                    here,
                    origins=Setting((origin,), here),
                    credentials=policy_allowed,
                    methods=none,
                    headers=none,
                    varies=varies,
                )


def header_fix(module: Module, at: Location, origins: tuple[str, ...]) -> Fix | None:
    """The first of the origins in the place of what is written."""
    edits = [Edit(module.path, at.span, json.dumps(origins[0]))] if at.span is not None and origins else []
    title = "allow cross-origin requests from this origin only"
    return risky(title, edits, "pages of origins that batten.yaml does not list")


def _headers(module: Module, body: list[ast.stmt], guarded: bool, depth: int = 0) -> Iterator[Written]:
    """What the statements of a function write, in their order; functions inside are looked into for themselves."""
    for statement in body if depth <= DEEPEST else ():
        match statement:
            case ast.If(test=test, body=then, orelse=otherwise):
                decides = not _presence(module, test)
                for branch in (then, otherwise):
                    yield from _headers(module, branch, guarded or decides, depth + 1)
                guarded = guarded or (decides and any(map(_leaves, then)) and not _of_method(test))
            case ast.Try(body=inner) | ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from _headers(module, inner, guarded, depth + 1)
            case ast.For(body=inner) | ast.AsyncFor(body=inner) | ast.While(body=inner):
                yield from _headers(module, inner, True, depth + 1)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(name)))], value=value):
                yield Written(name.lower(), value, guarded)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr=method), args=[ast.Constant(value=str(name)), value], keywords=[]
                )
            ) if method in _METHODS:
                yield Written(name.lower(), value, guarded)
            case ast.Assert():
                guarded = True
            case ast.Expr(value=ast.Call(func=func, args=args)):
                judged = any(_requested(module, one) for one in args)
                guarded = guarded or (judged and not ast.unparse(func).startswith(_LOGGING))


def _leaves(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name == "abort"
        case _:
            return False


def _requested(module: Module, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression is the request's Origin, alone or with a value for requests without one."""
    match node:
        case ast.Name(id=name) if name in module.names and depth <= DEEPEST:
            return _requested(module, module.names[name], depth + 1)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]) if depth <= DEEPEST:
            return _requested(module, first, depth + 1)
        case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return name.lower() in _NAMES and _of_request(owner)
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(name))):
            return name.lower() in _NAMES and _of_request(owner)
        case ast.Attribute(value=ast.Name(id="request"), attr="origin"):
            return module.uses("flask", "werkzeug")
        case _:
            return False


def _of_request(node: ast.expr) -> bool:
    """`request.headers`, `self.request.META` and their like."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attr):
            return owner in ("request", "req") and attr in ("headers", "META", "environ")
        case _:
            return False


def _presence(module: Module, test: ast.expr) -> bool:
    """Whether a condition asks only if the request has an Origin."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _presence(module, inner)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _requested(module, left)
        case ast.Compare(
            left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[owner]
        ):
            return name.lower() in _NAMES and _of_request(owner)
        case _:
            return not isinstance(test, ast.BoolOp) and _requested(module, test)


def _of_method(test: ast.expr) -> bool:
    """`request.method == "OPTIONS"`: preflights are answered elsewhere, and other requests go on."""
    match test:
        case ast.Compare(left=ast.Attribute(attr="method")):
            return True
        case _:
            return False

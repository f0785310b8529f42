"""`Access-Control-Allow-Origin` that a handler or middleware writes by itself: the request's own Origin, `*`, or a fixed text.

Sources: https://fetch.spec.whatwg.org/#http-access-control-allow-origin, https://docs.djangoproject.com/en/stable/ref/request-response/#setting-header-fields,
https://werkzeug.palletsprojects.com/en/stable/datastructures/#werkzeug.datastructures.Headers, https://www.starlette.io/responses/.
"""

from __future__ import annotations

import ast
import json
import re
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
    """A header that a statement writes; `guarded` where a condition decides about it, and `rule` is the one that it states about the
    request's Origin, if it does."""

    name: str
    value: ast.expr
    guarded: bool
    rule: OriginRule | None


@record
class _Scope:
    """A function: what its names are, where they are assigned once in it or, not in it, once in the module."""

    module: Module
    names: dict[str, ast.expr]

    def value(self, name: str) -> ast.expr | None:
        return self.names.get(name)


def written_origins(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each place where a function writes the header."""
    if _ORIGIN not in module.source.text.lower():
        return
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            scope = _Scope(module, _names(module, node))
            found = list(_headers(scope, node.body, None))
            allowed = [
                one
                for one in found
                if one.name == _CREDENTIALS
                and isinstance(one.value, ast.Constant)
                and str(one.value.value).lower() == "true"
            ]
            for one in found:
                policy = _policy(scope, one, allowed[0].value if allowed else None)
                if one.name == _ORIGIN and policy is not None:
                    yield policy


def _policy(scope: _Scope, one: Written, credentials: ast.expr | None) -> CorsPolicy | None:
    here = scope.module.value(one.value, POINTER)
    allows: Setting[bool] = Setting(UNKNOWN, here)
    if isinstance(one.value, ast.Constant) and isinstance(one.value.value, str) and not one.guarded:
        origin = rule(one.value.value, here)
    elif _requested(scope, one.value) and (one.rule is not None or not one.guarded):
        origin = one.rule or OriginRule(OriginKind.REFLECTED, Setting("", here))
        if credentials is not None:
            allows = Setting(True, scope.module.value(credentials, "header/credentials"))
    else:
        return None
    none = Setting[tuple[str, ...]](ABSENT, here)
    origins: Setting[tuple[OriginRule, ...]] = Setting((origin,), here)
    varies: Setting[bool] = Setting(UNKNOWN, here)
    return CorsPolicy(here, origins=origins, credentials=allows, methods=none, headers=none, varies=varies)


def _names(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    """What the names in a function stand for; one that is assigned twice there, or is a parameter, is nothing that can be known."""
    arguments = function.args
    given = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    seen = {one.arg for one in given}
    own: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                if name in seen:
                    own.pop(name, None)
                else:
                    own[name] = value
                seen.add(name)
    return {**{n: v for n, v in module.names.items() if n not in seen}, **own}


def header_fix(module: Module, at: Location, origins: tuple[str, ...]) -> Fix | None:
    """The first of the origins in the place of what is written."""
    edits = [Edit(module.path, at.span, json.dumps(origins[0]))] if at.span is not None and origins else []
    title = "allow cross-origin requests from this origin only"
    return risky(title, edits, "pages of origins that batten.yaml does not list")


@record
class _Guard:
    """What decides about the statements below it: a condition that is not understood where `rule` is None."""

    rule: OriginRule | None = None


def _headers(scope: _Scope, body: list[ast.stmt], guard: _Guard | None, depth: int = 0) -> Iterator[Written]:
    """What the statements of a function write, in their order; functions inside are looked into for themselves."""
    for statement in body if depth <= DEEPEST else ():
        match statement:
            case ast.If(test=test, body=then, orelse=otherwise):
                decides = not _presence(scope, test)
                stated = _stated(scope, test)
                holds = guard if not decides else _Guard(stated) if guard is None else _Guard()
                fails = guard if not decides else _Guard()
                negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
                yield from _headers(scope, then, fails if negated else holds, depth + 1)
                yield from _headers(scope, otherwise, holds if negated else fails, depth + 1)
                if decides and any(map(_leaves, then)) and not _of_method(test):
                    guard = holds if negated else _Guard()
            case ast.Try(body=inner) | ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from _headers(scope, inner, guard, depth + 1)
            case ast.For(body=inner) | ast.AsyncFor(body=inner) | ast.While(body=inner):
                yield from _headers(scope, inner, _Guard(), depth + 1)
            case ast.Assert():
                guard = _Guard()
            case _:
                for name, value in _written(scope, statement):
                    yield Written(
                        name.lower(), value, guard is not None, guard.rule if guard is not None else None
                    )
                match statement:
                    case ast.Expr(value=ast.Call(func=func, args=args)):
                        judged = any(_requested(scope, one) for one in args)
                        method = func.attr if isinstance(func, ast.Attribute) else ""
                        if judged and method not in _METHODS and not ast.unparse(func).startswith(_LOGGING):
                            guard = _Guard()


def _written(scope: _Scope, statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The headers that one statement writes: by name, or several as a dictionary."""
    several: list[ast.expr | None] = []
    match statement:
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(name)))], value=value):
            yield name, value
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(attr=method), args=[ast.Constant(value=str(name)), value], keywords=[]
            )
        ) if method in _METHODS:
            yield name, value
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=owner, attr="update" | "extend"), args=[given])
        ):
            several = [given] if isinstance(owner, ast.Attribute) and owner.attr == "headers" else []
        case ast.Return(value=ast.Tuple(elts=[_, *rest])):
            several = [*rest]
    for call in ast.walk(statement):
        if isinstance(call, ast.Call) and _answers(call.func):
            several += [k.value for k in call.keywords if k.arg == "headers"]
    for headers in several:
        known = scope.value(headers.id) if isinstance(headers, ast.Name) else headers
        if isinstance(known, ast.Dict):
            for key, value in zip(known.keys, known.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def _answers(func: ast.expr) -> bool:
    """Whether a call makes an answer: `Response(…)`, `JSONResponse(…)`, `make_response(…)`."""
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name.endswith("Response") or name == "make_response"


def _stated(scope: _Scope, test: ast.expr) -> OriginRule | None:
    """The rule that a condition states about the request's Origin, if it looks at parts of it only; None: it is another condition."""
    at = scope.module.value(test, "header/test")
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _stated(scope, inner)
        case ast.BoolOp(values=values):
            found = [r for one in values if (r := _stated(scope, one)) is not None]
            others = [one for one in values if _stated(scope, one) is None and not _presence(scope, one)]
            if isinstance(test.op, ast.Or):
                return found[0] if found else None
            return _both(found, at) if found and not others else None
        case ast.Compare(
            left=ast.Constant(value=str(part)), ops=[ast.In() | ast.NotIn()], comparators=[origin]
        ) if _requested(scope, origin):
            return OriginRule(OriginKind.PATTERN, Setting(re.escape(part), at), False, False)
        case ast.Call(
            func=ast.Attribute(value=origin, attr="startswith" | "endswith" as how),
            args=[ast.Constant(value=str(part))],
        ) if _requested(scope, origin):
            starts = how == "startswith"
            text = re.escape(part) if starts else f"{re.escape(part)}$"
            return OriginRule(OriginKind.PATTERN, Setting(text, at), starts, not starts)
        case ast.Call(func=ast.Attribute() as func, args=[*_, origin]) if _requested(scope, origin):
            return _expression(scope, test, func, at)
        case ast.Compare(left=inner, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return _stated(scope, inner)
        case _:
            return None


def _both(found: list[OriginRule], at: Location) -> OriginRule | None:
    """One rule for conditions that hold together: how the origin begins, and how it ends."""
    if len(found) == 1:
        return found[0]
    begins = [r.text.known("") for r in found if r.anchored_start and not r.anchored_end]
    ends = [r.text.known("") for r in found if r.anchored_end and not r.anchored_start]
    if len(begins) != 1 or len(ends) != 1 or len(found) != 2:
        return None
    return OriginRule(OriginKind.PATTERN, Setting(f"{begins[0]}.*{ends[0]}", at), True, True)


def _expression(scope: _Scope, call: ast.Call, func: ast.Attribute, at: Location) -> OriginRule | None:
    """`re.match(r"…", origin)`, and the same of an expression that was compiled before."""
    if func.attr not in ("match", "search", "fullmatch"):
        return None
    pattern: ast.expr | None = call.args[0] if len(call.args) == 2 else func.value
    if isinstance(pattern, ast.Name):
        pattern = scope.value(pattern.id)
    if (
        isinstance(pattern, ast.Call)
        and scope.module.qualified(pattern.func) == "re.compile"
        and pattern.args
    ):
        pattern = pattern.args[0]
    if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str):
        return None
    text = pattern.value
    whole = func.attr == "fullmatch"
    starts = whole or func.attr == "match" or text.startswith(("^", r"\A"))
    ends = whole or (text.endswith(("$", r"\Z")) and not text.endswith(r"\$"))
    return OriginRule(OriginKind.PATTERN, Setting(text, at), starts, ends)


def _leaves(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name == "abort"
        case _:
            return False


def _requested(scope: _Scope, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression is the request's Origin, alone or with a value for requests without one."""
    match node:
        case ast.Name(id=name) if (known := scope.value(name)) is not None and depth <= DEEPEST:
            return _requested(scope, known, depth + 1)
        case ast.NamedExpr(value=value):
            return _requested(scope, value, depth + 1)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]) if depth <= DEEPEST:
            return _requested(scope, first, depth + 1)
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "strip"), args=[]) if depth <= DEEPEST:
            return _requested(scope, inner, depth + 1)
        case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return name.lower() in _NAMES and _of_request(owner)
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(name))):
            return name.lower() in _NAMES and _of_request(owner)
        case ast.Attribute(value=ast.Name(id="request"), attr="origin"):
            return scope.module.uses("flask", "werkzeug")
        case _:
            return False


def _of_request(node: ast.expr) -> bool:
    """`request.headers`, `self.request.META` and their like."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attr):
            return owner in ("request", "req") and attr in ("headers", "META", "environ")
        case _:
            return False


def _presence(scope: _Scope, test: ast.expr) -> bool:
    """Whether a condition asks only if the request has an Origin."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _presence(scope, inner)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _requested(scope, left)
        case ast.Compare(
            left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[owner]
        ):
            return name.lower() in _NAMES and _of_request(owner)
        case _:
            return not isinstance(test, ast.BoolOp) and _requested(scope, test)


def _of_method(test: ast.expr) -> bool:
    """`request.method == "OPTIONS"`: preflights are answered elsewhere, and other requests go on."""
    match test:
        case ast.Compare(left=ast.Attribute(attr="method")):
            return True
        case _:
            return False

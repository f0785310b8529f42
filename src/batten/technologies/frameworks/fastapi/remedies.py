"""Remedies as edits of Python source that keep everything around them."""

from __future__ import annotations

import ast
import re

from batten.controls.application import AllowHosts
from batten.formats.lines import removal
from batten.formats.python import span
from batten.model import Edit, Fix, Location, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.fastapi.keys import required
from batten.technologies.frameworks.fastapi.settings import applications, middleware
from batten.technologies.shared.processes.calls import fix_of_call
from batten.technologies.shared.python.cookies import with_flags
from batten.technologies.shared.python.edits import (
    listed,
    replaced,
    risky,
    touches,
    turned_off,
    with_keywords,
    within,
)
from batten.technologies.shared.python.handlers import without_trace
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.origins import POINTER, header_fix
from batten.technologies.shared.python.values import evaluate

_DOCS = ("docs_url", "redoc_url", "openapi_url")


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    if (given := fix_of_call(module, remedy, at)) is not None:
        return given
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return turned_off("turn debug mode off", module, at.span)
        case want.TurnOff(Switch.RELOAD):
            return turned_off("turn automatic reload off", module, at.span)
        case want.TurnOff(Switch.DOCS):
            return _without_docs(module, at.span)
        case want.TurnOff(Switch.ERROR_DETAILS):
            return without_trace(module, at.span)
        case want.TurnOff(Switch.ROUTE):
            return _without_route(module, at)
        case want.TurnOn(Switch.COOKIE_FLAGS):
            return _cookie(module, at.span)
        case want.AllowOrigins(origins) if origins and at.pointer == POINTER:
            return header_fix(module, at, origins)
        case want.AllowOrigins(origins):
            return _origins(module, at.span, origins)
        case want.AllowMethods(methods) if not at.pointer.startswith("CORSConfig"):  # that is Litestar's
            return _methods(module, at.span, methods)
        case want.AllowHeaders(headers) if at.pointer.startswith("CORSMiddleware"):
            edits = [Edit(module.path, at.span, listed(headers))]
            return risky(
                "allow only these headers across origins", edits, "pages that send other request headers"
            )
        case want.RequireAuth():
            return required(module, at.span)
        case AllowHosts(hosts):
            return _hosts(module, at.span, hosts)
    return None


def _without_docs(module: Module, where: Span) -> Fix | None:
    call = next((a.call for a in applications(module) if within(where, span(module.source, a.call))), None)
    if call is None:
        return None
    # Pages that a setting places stay its own: none is served without the document.
    wanted = [name for name in _DOCS if name == "openapi_url" or _literal(argument(call, name))]
    edits = with_keywords(module, call, dict.fromkeys(wanted, "None"))
    return risky(
        "turn the API documentation off", edits, "people and tools that read the API's documentation there"
    )


def _literal(given: ast.expr | None) -> bool:
    return given is None or isinstance(given, ast.Constant)


def _without_route(module: Module, at: Location) -> Fix | None:
    """The decorator is taken away; the function stays, and can still be called from code."""
    decorator = _decorator(module, at.span)
    if decorator is None:
        return None
    where = span(module.source, decorator)
    start = module.source.text.rfind("@", 0, where.start)
    breaks = f"callers of {at.pointer.partition('[')[2].rstrip(']')}"
    return risky("do not register the route", [removal(module.source, Span(start, where.end))], breaks)


def _decorator(module: Module, where: Span | None) -> ast.Call | None:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and span(module.source, decorator) == where:
                    return decorator
    return None


def _cookie(module: Module, where: Span) -> Fix | None:
    for call in middleware(module, "SessionMiddleware"):
        if within(where, span(module.source, call)):
            edits = with_keywords(
                module, call, {"https_only": "True", **_same_site(module, call, "same_site")}
            )
            return risky("send the session cookie over TLS only", edits, "plain HTTP clients")
    return with_flags(module, where, "lax")


def _same_site(module: Module, call: ast.Call, keyword: str) -> dict[str, str]:
    given = argument(call, keyword)
    return {keyword: '"lax"'} if given is not None and evaluate(module, given).plain is None else {}


def _origins(module: Module, where: Span, origins: tuple[str, ...]) -> Fix | None:
    title = "allow cross-origin requests from these origins only"
    if not origins:
        question = "which origins may read answers? list them under `origins:` in batten.yaml"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    breaks = "pages of origins that batten.yaml does not list"
    for call in middleware(module, "CORSMiddleware"):
        given, pattern = argument(call, "allow_origins"), argument(call, "allow_origin_regex")
        if pattern is not None and touches(module, pattern, where):
            # The pattern's keyword taken away, or turned into the list when there is none beside it.
            text = listed(origins)
            found = next(k for k in call.keywords if k.arg == "allow_origin_regex")
            without_where = span(module.source, found)
            if given is None:
                without = Edit(module.path, without_where, f"allow_origins={text}")
            else:
                text_after = module.source.text[without_where.end :]
                comma = re.match(r"[ \t]*,[ \t]*", text_after)
                without = removal(
                    module.source,
                    Span(without_where.start, without_where.end + (comma.end() if comma else 0)),
                )
            edits = [without]
            if given is not None:
                edits.append(replaced(module, given, listed(origins)))
            return risky(title, edits, breaks)
        if given is not None and touches(module, given, where):
            return risky(title, [replaced(module, given, listed(origins))], breaks)
    return None


def _methods(module: Module, where: Span, methods: tuple[str, ...]) -> Fix | None:
    """The list of a CORS policy, or the verbs of a route registered for several."""
    decorator = _decorator(module, where)
    if decorator is None:
        edits = [Edit(module.path, where, listed(methods))]
        return risky("allow only these methods across origins", edits, "pages that use other methods")
    given = argument(decorator, "methods")
    if given is None or not methods:
        return None
    edits = [Edit(module.path, span(module.source, given), listed(methods))]
    return risky("allow only these verbs", edits, "callers that use other verbs on this path")


def _hosts(module: Module, where: Span, hosts: tuple[str, ...]) -> Fix | None:
    title = "answer only for these host names"
    if not hosts:
        question = "which host names do clients use for the API? list them under `hosts:` in batten.yaml"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    for call in middleware(module, "TrustedHostMiddleware"):
        given = argument(call, "allowed_hosts")
        if given is None and within(where, span(module.source, call)):
            edits = with_keywords(module, call, {"allowed_hosts": listed(hosts)})
        elif given is not None and touches(module, given, where):
            edits = [replaced(module, given, listed(hosts))]
        else:
            continue
        return risky(title, edits, "callers that use another name, including health checks by address")
    return None

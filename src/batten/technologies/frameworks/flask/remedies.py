"""Remedies as edits of an application's code."""

from __future__ import annotations

import ast
import json

from batten.controls.application import AllowHosts
from batten.formats.lines import below, removal
from batten.formats.python import span
from batten.model import Edit, Fix, Kind, Location, Quantity, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.flask.configuration import Application, applications, configured
from batten.technologies.frameworks.flask.cors import NAMES, RESOURCES
from batten.technologies.shared.python.cookies import with_flags
from batten.technologies.shared.python.edits import listed, risky, turned_off, with_keywords, within
from batten.technologies.shared.python.handlers import Function, without_trace
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.origins import POINTER, header_fix
from batten.technologies.shared.python.values import evaluate


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return turned_off("turn debug mode off", module, at.span)
        case want.TurnOff(Switch.ERROR_DETAILS):
            return without_trace(module, at.span)
        case want.TurnOff(Switch.ROUTE):
            # The decorator is taken away; the function stays.
            decorator = _decorator(module, at.span) if at.span is not None else None
            if decorator is None:
                return None
            where = span(module.source, decorator)
            start = module.source.text.rfind("@", 0, where.start)
            breaks = f"callers of {at.pointer.partition('[')[2].rstrip(']')}"
            return risky(
                "do not register the route", [removal(module.source, Span(start, where.end))], breaks
            )
        case want.TurnOn(Switch.COOKIE_FLAGS):
            flags = with_flags(module, at.span, "") if at.pointer.startswith("set_cookie[") else None
            return flags or _cookie(module, at)
        case want.Limit(Quantity.BODY):
            wanted = (("MAX_CONTENT_LENGTH", "1_048_576"),)
            return _configure(
                module, at, "limit the size of request bodies", "clients that send larger bodies", wanted
            )
        case AllowHosts(hosts):
            title = "answer only for these host names"
            if not hosts:
                question = (
                    "which host names do clients use for the API? list them under `hosts:` in batten.yaml"
                )
                return Fix(title, (), safety=Safety.VALUE, question=question)
            if at.span is None or at.kind is not Kind.VALUE:
                return None
            edits = [Edit(module.path, at.span, listed(hosts))]
            return risky(title, edits, "callers that use another name, including health checks by address")
        case want.AllowOrigins(origins):
            return _origins(module, at, origins)
        case want.AllowMethods(methods):
            return _methods(module, at, methods)
        case want.AllowHeaders(headers):
            edits = [Edit(module.path, at.span, listed(headers))]
            return risky(
                "allow only these headers across origins", edits, "pages that send other request headers"
            )
        case _:
            return None


def _cookie(module: Module, at: Location) -> Fix | None:
    prefix = at.pointer.rpartition("_")[0]
    breaks = "plain HTTP clients, and other sites that send the cookie"
    wanted = ((f"{prefix}_SECURE", "True"), (f"{prefix}_HTTPONLY", "True"), (f"{prefix}_SAMESITE", '"Lax"'))
    return _configure(module, at, "set the flags of the cookie", breaks, wanted)


def _configure(
    module: Module, at: Location, title: str, breaks: str, wanted: tuple[tuple[str, str], ...]
) -> Fix | None:
    """The keys set where they are, or below the application's own statement."""
    for application in applications(module):
        edits = [edit for name, text in wanted if (edit := _set(application, name, text)) is not None]
        places = (place for name, _ in wanted if (place := _place(application, name)) is not None)
        if at.kind is Kind.BLOCK or any(at.span is not None and within(at.span, place) for place in places):
            return risky(title, edits, breaks)
    return None


def _place(application: Application, name: str) -> Span | None:
    given = configured(application).given.get(name)
    return span(given[0].source, given[1]) if given is not None and given[0] is application.module else None


def _set(application: Application, name: str, text: str) -> Edit | None:
    given = configured(application).given.get(name)
    if given is None:
        default = name.endswith("_HTTPONLY")  # on by itself
        if default:
            return None
        module = application.module
        for node in module.nodes:
            if isinstance(node, ast.Assign) and node.value is application.call:
                line = f"{application.name}.config[{json.dumps(name)}] = {text}"
                return below(module.source, span(module.source, node), line)
        return None
    owner, node = given
    plain = evaluate(owner, node).plain
    if plain not in (False, None) or isinstance(plain, str):
        return None
    return Edit(owner.path, span(owner.source, node), text)


def _origins(module: Module, at: Location, origins: tuple[str, ...]) -> Fix | None:
    title = "allow cross-origin requests from these origins only"
    if not origins:
        question = "which origins may read answers? list them under `origins:` in batten.yaml"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    if at.pointer == POINTER:
        return header_fix(module, at, origins)
    if at.pointer.startswith(RESOURCES):
        listing = [Edit(module.path, at.span, listed(origins))] if at.span and at.kind is Kind.VALUE else []
        return risky(title, listing, "pages of origins that batten.yaml does not list")
    for call in module.calls():
        if module.qualified(call.func) in NAMES and at.span and within(at.span, span(module.source, call)):
            edits = with_keywords(module, call, {"origins": listed(origins)})
            return risky(title, edits, "pages of origins that batten.yaml does not list")
    return None


def _methods(module: Module, at: Location, methods: tuple[str, ...]) -> Fix | None:
    """The verbs of a CORS policy, or of a route."""
    if at.span is None or not methods:
        return None
    decorator = _decorator(module, at.span)
    if decorator is None:
        edits = [Edit(module.path, at.span, listed(methods))]
        return risky("allow only these methods across origins", edits, "pages that use other methods")
    given = argument(decorator, "methods")
    edits = [Edit(module.path, span(module.source, given), listed(methods))] if given is not None else []
    return risky("allow only these verbs", edits, "callers that use other verbs on this path")


def _decorator(module: Module, where: Span) -> ast.Call | None:
    for node in module.nodes:
        for decorator in node.decorator_list if isinstance(node, Function) else ():
            if isinstance(decorator, ast.Call) and span(module.source, decorator) == where:
                return decorator
    return None

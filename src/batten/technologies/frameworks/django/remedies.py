"""Remedies as edits of settings: a name assigned anew where it is, or at the end of its module."""

from __future__ import annotations

import ast
from collections.abc import Callable

from batten.controls.application import AllowHosts
from batten.controls.transport import max_age
from batten.formats.lines import appended
from batten.formats.python import span
from batten.model import Edit, Fix, Kind, Location, Quantity, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.django.cors import ALL, PATTERNS
from batten.technologies.frameworks.django.rest import PERMISSIONS
from batten.technologies.frameworks.django.settings import Settings, settings_of
from batten.technologies.shared.python.cookies import with_flags
from batten.technologies.shared.python.edits import listed, risky, turned_off, within
from batten.technologies.shared.python.handlers import without_trace
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.origins import POINTER, header_fix
from batten.technologies.shared.python.values import evaluate

_HEADERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "x-content-type-options": lambda value: ("SECURE_CONTENT_TYPE_NOSNIFF", "True"),
    "x-frame-options": lambda value: ("X_FRAME_OPTIONS", f'"{value}"'),
    "referrer-policy": lambda value: ("SECURE_REFERRER_POLICY", f'"{value}"'),
    "strict-transport-security": lambda value: ("SECURE_HSTS_SECONDS", str(max_age(value))),
}


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return turned_off("turn debug mode off", module, at.span)
        case want.TurnOff(Switch.ERROR_DETAILS):
            return without_trace(module, at.span)
        case want.TurnOn(Switch.COOKIE_FLAGS) if at.pointer.startswith("set_cookie["):
            return with_flags(module, at.span, "")
        case want.AllowMethods(methods):
            # The verbs of CORS_ALLOW_METHODS, or of a decorator that lists those of a view.
            breaks = "callers that use other verbs on this path"
            if at.span is None or not methods:
                return None
            if at.pointer == "CORS_ALLOW_METHODS":
                edits = [Edit(module.path, at.span, listed(methods))]
                return risky("allow only these methods across origins", edits, "pages that use other methods")
            for call in module.calls():
                given = argument(call, "http_method_names", 0) or argument(call, "request_method_list", 0)
                if within(at.span, span(module.source, call)) and isinstance(given, ast.List | ast.Tuple):
                    edits = [Edit(module.path, span(module.source, given), listed(methods))]
                    return risky("allow only these verbs", edits, breaks)
            return None
        case want.AllowOrigins(origins) if at.pointer == POINTER:
            return header_fix(module, at, origins) if origins else _which_origins()
    found = settings_of(module)
    return None if found is None else _in_settings(found, remedy, at)


def _in_settings(found: Settings, remedy: Remedy, at: Location) -> Fix | None:
    match remedy:
        case want.TurnOn(Switch.COOKIE_FLAGS):
            # All flags of the cookie whose first missing flag is at this name.
            prefix = at.pointer.rpartition("_")[0]
            cookie_wanted = [(f"{prefix}_SECURE", "True")]
            if prefix == "SESSION_COOKIE":
                for cookie_name, text in ((f"{prefix}_HTTPONLY", "True"), (f"{prefix}_SAMESITE", '"Lax"')):
                    given = found.names.own.get(cookie_name)
                    if given is not None and evaluate(found.module, given).plain in (False, None):
                        cookie_wanted.append((cookie_name, text))
            return _assigned(found, "send the cookie over TLS only", "plain HTTP clients", *cookie_wanted)
        case want.SetHeader(name, value, breaks):
            made = _HEADERS.get(name.lower())
            return _assigned(found, f"send {name}", breaks, made(value)) if made is not None else None
        case want.Limit(Quantity.BODY):
            edit = ("DATA_UPLOAD_MAX_MEMORY_SIZE", "1_048_576")
            return _assigned(
                found, "limit the size of request bodies", "clients that send larger bodies", edit
            )
        case want.TurnOff(Switch.OPEN_BY_DEFAULT):
            return _closed(found, at)
        case want.AllowHeaders(names):
            breaks = "pages that send other request headers"
            wanted = ("CORS_ALLOW_HEADERS", listed(names))
            return _assigned(found, "allow only these headers across origins", breaks, wanted)
        case AllowHosts(hosts):
            title = "answer only for these host names"
            if not hosts:
                question = (
                    "which host names do clients use for the API? list them under `hosts:` in batten.yaml"
                )
                return Fix(title, (), safety=Safety.VALUE, question=question)
            hosts_breaks = "callers that use another name, including health checks by address"
            return _assigned(found, title, hosts_breaks, ("ALLOWED_HOSTS", listed(hosts)))
        case want.AllowOrigins(origins):
            origins_title = "allow cross-origin requests from these origins only"
            if not origins:
                return _which_origins()
            origins_wanted = [("CORS_ALLOWED_ORIGINS", listed(origins))]
            if at.pointer in ALL:
                origins_wanted.insert(0, (at.pointer, "False"))
            elif at.pointer in PATTERNS:
                origins_wanted.insert(0, (at.pointer, "[]"))
            return _assigned(
                found, origins_title, "pages of origins that batten.yaml does not list", *origins_wanted
            )
        case _:
            return None


def _assigned(found: Settings, title: str, breaks: str, *wanted: tuple[str, str]) -> Fix | None:
    edits = [edit for name, text in wanted if (edit := assignment(found, name, text)) is not None]
    if not edits:
        return None
    return risky(title, edits, breaks) if breaks else Fix(title, tuple(edits))


def assignment(found: Settings, name: str, text: str) -> Edit | None:
    """A name with another value; None where it has it, or where a variable decides."""
    module, node = found.module, found.names.own.get(name)
    if node is None:
        end = len(module.source.text.rstrip())
        return appended(module.source, end, f"{name} = {text}")
    value = evaluate(module, node)
    where = span(module.source, value.node if value.module.path == module.path else node)
    written = module.source.text[where.start : where.end]
    if value.overridable and isinstance(value.node, ast.Constant) and isinstance(value.node.value, str):
        return None  # a word of the environment's own
    return None if written == text else Edit(module.path, where, text)


def _closed(found: Settings, at: Location) -> Fix | None:
    classes = '["rest_framework.permissions.IsAuthenticated"]'
    node = found.names.own.get("REST_FRAMEWORK")
    breaks = "anonymous clients of views that name no permissions"
    title = "require a login where a view says nothing"
    if node is None:
        return _assigned(found, title, breaks, ("REST_FRAMEWORK", f'{{"{PERMISSIONS}": {classes}}}'))
    if at.kind is Kind.VALUE and at.span is not None:
        return risky(title, [Edit(found.module.path, at.span, classes)], breaks)
    where = span(found.module.source, node)
    comma = ", " if isinstance(node, ast.Dict) and node.keys else ""
    entry = f'"{PERMISSIONS}": {classes}{comma}'
    return risky(title, [Edit(found.module.path, Span(where.start + 1, where.start + 1), entry)], breaks)


def _which_origins() -> Fix:
    title = "allow cross-origin requests from these origins only"
    question = "which origins may read answers? list them under `origins:` in batten.yaml"
    return Fix(title, (), safety=Safety.VALUE, question=question)

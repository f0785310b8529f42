"""Remedies as edits of an application of Litestar's."""

from __future__ import annotations

import ast

from batten.controls.application import AllowHosts
from batten.formats.python import span
from batten.model import Edit, Fix, Location, Quantity, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.litestar.cookies import DECLARED, FORGERY, SESSIONS, TOKENS
from batten.technologies.frameworks.litestar.settings import applications, called
from batten.technologies.shared.python.arguments import sensitive
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
from batten.technologies.shared.python.values import evaluate
from batten.technologies.shared.transport.questions import ask_hosts, ask_origins


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    match remedy:
        case want.TurnOff(Switch.DEBUGGER):
            return turned_off("answer an error without a debugger", module, at.span)
        case want.TurnOff(Switch.DEBUG):
            return turned_off("turn debug mode off", module, at.span)
        case want.TurnOff(Switch.DOCS):
            call = _around(applications(module), module, at.span)
            if call is None:
                return None
            breaks = "people and tools that read the API's documentation there"
            return risky(
                "turn the API documentation off",
                with_keywords(module, call, {"openapi_config": "None"}),
                breaks,
            )
        case want.TurnOff(Switch.ERROR_DETAILS):
            return without_trace(module, at.span)
        case want.TurnOn(Switch.TOKEN_EXPIRY):
            edits = [Edit(module.path, at.span, "True")]
            return risky("refuse tokens that have expired", edits, "callers that keep one token for ever")
        case want.TurnOn(Switch.COOKIE_FLAGS):
            call = _around(called(module, *SESSIONS, *TOKENS, FORGERY, DECLARED), module, at.span)
            if call is None:
                return with_flags(module, at.span, "lax")
            edits = with_keywords(
                module, call, _flags(module, call, module.qualified(call.func).rpartition(".")[2])
            )
            return risky("set the cookie's flags", edits, "plain HTTP clients")
        case want.AllowOrigins(origins):
            return _origins(module, at.span, origins)
        case want.AllowMethods(methods) if at.pointer.startswith("CORSConfig"):
            return _policy(module, at, "allow_methods", methods, "pages that use other methods")
        case want.AllowHeaders(headers):
            return _policy(module, at, "allow_headers", headers, "pages that send other request headers")
        case want.Limit(Quantity.BODY):
            edits = [Edit(module.path, at.span, "10_000_000")]
            return risky("bound the size of bodies", edits, "clients that send larger bodies")
        case AllowHosts(hosts):
            return _hosts(module, at.span, hosts)
        case _:
            return None


def _around(calls: list[ast.Call], module: Module, where: Span) -> ast.Call | None:
    return next((c for c in calls if within(where, span(module.source, c))), None)


def _flags(module: Module, call: ast.Call, kind: str) -> dict[str, str]:
    """What each call lacks that its framework leaves off."""
    if kind == FORGERY:
        return {"cookie_secure": "True"}
    hidden = kind not in TOKENS and (kind == DECLARED or argument(call, "httponly") is not None)
    key = argument(call, "key", 0)
    name = evaluate(module, key).plain if kind == DECLARED and key is not None else None
    if isinstance(name, str) and not sensitive(name):
        hidden = False
    return {"secure": "True", **({"httponly": "True"} if hidden else {})}


def _origins(module: Module, where: Span, origins: tuple[str, ...]) -> Fix | None:
    title = "allow cross-origin requests from these origins only"
    if not origins:
        return ask_origins(title)
    call = _around(called(module, "CORSConfig"), module, where)
    if call is None:
        return None
    given, pattern = argument(call, "allow_origins"), argument(call, "allow_origin_regex")
    if pattern is not None and touches(module, pattern, where):
        wanted = {"allow_origins": listed(origins), "allow_origin_regex": "None"}
        return risky(title, with_keywords(module, call, wanted), "web pages on other origins")
    edits = (
        [replaced(module, given, listed(origins))]
        if given is not None
        else with_keywords(module, call, {"allow_origins": listed(origins)})
    )
    return risky(title, edits, "web pages on other origins")


def _policy(module: Module, at: Location, keyword: str, words: tuple[str, ...], breaks: str) -> Fix | None:
    call = _around(called(module, "CORSConfig"), module, at.span or Span(0, 0))
    if call is None:
        return None
    what = keyword.removeprefix("allow_")
    return risky(
        f"list the {what} of other origins", with_keywords(module, call, {keyword: listed(words)}), breaks
    )


def _hosts(module: Module, where: Span, hosts: tuple[str, ...]) -> Fix | None:
    title = "answer only for these host names"
    if not hosts:
        return ask_hosts(title)
    call = _around(called(module, "AllowedHostsConfig"), module, where) or _around(
        applications(module), module, where
    )
    given = argument(call, "allowed_hosts") if call is not None else None
    if call is None:
        return None
    edits = (
        [replaced(module, given, listed(hosts))]
        if given is not None
        else with_keywords(module, call, {"allowed_hosts": listed(hosts)})
    )
    return Fix(
        title,
        tuple(edits),
        safety=Safety.RISKY,
        breaks="callers that use another name, including health checks by address",
    )

"""What hubs of SignalR and services of gRPC require: their classes say so, often in files of their own.

Sources: https://learn.microsoft.com/aspnet/core/signalr/authn-and-authz#authorize-users-to-access-hubs-and-hub-methods,
https://learn.microsoft.com/aspnet/core/grpc/authn-and-authz#authorize-users-to-access-services-and-service-methods
"""

from __future__ import annotations

import re

from tree_sitter import Node

from batten.formats import Unreadable, Workspace
from batten.technologies.frameworks.aspnet.code.module import Module, method_of, of_type
from batten.technologies.frameworks.aspnet.code.owners import Guard
from batten.technologies.frameworks.aspnet.code.project import folder_of, sources

SERVICES = ("MapHub", "MapGrpcService")
_BEFORE = 800  # characters before a class in which its attributes are
_WITHIN = 40_000  # characters of a class in which those of its methods are
_ATTRIBUTE = re.compile(r"[\[,]\s{0,9}(?:\w{1,60}\.){0,6}(Authorize|AllowAnonymous)(?:Attribute)?\b")
_OTHER = re.compile(r"[\[,]\s{0,9}\w{0,60}(?:Auth|Permission|ApiKey|Role|Policy|Scope)\w{0,60}")
_ENDS = "{};"


def served_type(module: Module, call: Node) -> str:
    """`OrdersHub` of `app.MapHub<OrdersHub>("/orders")`; "" for other calls."""
    return of_type(module, call).rpartition(".")[2] if method_of(module, call) in SERVICES else ""


def guard_of(name: str, module: Module, workspace: Workspace) -> Guard:
    """What the attributes of a class, in any file of the project, require. One that is not found may require anything."""
    folder = folder_of(module.path, workspace)
    return workspace.kept(("csharp service", folder, name), lambda: _guard(name, folder, workspace))


def _guard(name: str, folder: str, workspace: Workspace) -> Guard:
    found: list[Guard] = []
    for path in sources(folder, workspace):
        try:
            text = workspace.text(path).text
        except Unreadable:
            continue
        found += [
            _declared(text, match.start())
            for match in (
                []
                if f"class {name}" not in text
                else list(re.finditer(rf"\bclass {re.escape(name)}\b", text))
            )
        ]
    if not found:
        return Guard.UNKNOWN
    return next((one for one in (Guard.ANONYMOUS, Guard.LOGIN, Guard.UNKNOWN) if one in found), Guard.NOTHING)


def _declared(text: str, start: int) -> Guard:
    """What stands between what is before a class and its body; a method's own attribute leaves the class open to judgement."""
    head = text[max(0, start - _BEFORE) : start]
    head = head[max(head.rfind(mark) for mark in _ENDS) + 1 :]
    named = {match[1] for match in _ATTRIBUTE.finditer(head)}
    if "AllowAnonymous" in named:
        return Guard.ANONYMOUS
    if "Authorize" in named:
        return Guard.LOGIN
    inside = _ATTRIBUTE.search(text, start, start + _WITHIN)
    return Guard.UNKNOWN if inside is not None or _OTHER.search(head) else Guard.NOTHING

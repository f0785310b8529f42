"""Endpoints of minimal APIs and of controllers: their paths, verbs, and what they require of callers.

Sources: https://learn.microsoft.com/aspnet/core/fundamentals/routing (templates, constraints),
https://learn.microsoft.com/aspnet/core/mvc/controllers/routing (attributes, tokens in brackets).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from batten.facts import AppRoute
from batten.formats import Workspace
from batten.model import Location, Setting
from batten.model.record import record
from batten.technologies.frameworks.aspnet.code.bases import Given, given, template
from batten.technologies.frameworks.aspnet.code.module import (
    Module,
    argument,
    arguments,
    method_of,
    named_arguments,
    owner_of,
)
from batten.technologies.frameworks.aspnet.code.owners import (
    Guard,
    Owners,
    attributed,
    attributes,
    joined,
    stricter,
)
from batten.technologies.frameworks.aspnet.code.reach import possible, reached
from batten.technologies.frameworks.aspnet.code.services import guard_of, served_type

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_MAPS = {"MapGet": "GET", "MapPost": "POST", "MapPut": "PUT", "MapPatch": "PATCH", "MapDelete": "DELETE"}
_ATTRIBUTES = {
    "HttpGet": "GET",
    "HttpPost": "POST",
    "HttpPut": "PUT",
    "HttpPatch": "PATCH",
    "HttpDelete": "DELETE",
    "HttpHead": "HEAD",
    "HttpOptions": "OPTIONS",
}
# With how many arguments: a hub of SignalR and a service of gRPC are reached by no verb of their own.
_OTHERS = {"MapMethods": 3, "MapHub": 1, "MapGrpcService": 0}
_BASES = re.compile(r"\b(?:\w*Controller(?:Base)?|ODataController)\b")
# `{id}`, `{id:int}`, `{name:regex(^\d{{3}}$)}`, `{*path}`; what may be left out has two paths, and a version is written by the caller.
_PARAMETER = re.compile(r"\{\*{0,2}([A-Za-z_]\w*)((?::(?:[^{}]|\{\{|\}\})*)?)\}")
_LITERAL = re.compile(r"(?:/(?:[\w.~-]|\{\w+\})*)+")
_TOKEN = re.compile(r"\[(controller|action|area)\]", re.IGNORECASE)


@record(kw_only=True)
class Endpoint:
    """One that is registered. `path` is "" where it is not known; `node` is the call, or the method with attributes."""

    path: str
    verbs: tuple[str, ...]
    guard: Guard
    node: Node
    at: Location
    optional: bool = False  # the path goes on with what may be left out, as contracts write it


def endpoints(module: Module, workspace: Workspace) -> list[Endpoint]:
    """All of a file, made once."""
    return workspace.kept(
        ("csharp endpoints", module.path),
        lambda: [*_minimal(module, workspace), *_of_controllers(module, workspace)],
    )


def routes(module: Module, workspace: Workspace) -> Iterator[AppRoute]:
    """The endpoints whose path and verbs are known."""
    for one in endpoints(module, workspace):
        if one.path and one.verbs and not one.optional:
            yield AppRoute(one.at, one.path, one.verbs, Setting(False, one.at))


def _minimal(module: Module, workspace: Workspace) -> Iterator[Endpoint]:
    owners = Owners(module, workspace)
    for call in module.calls:
        name = method_of(module, call)
        if not (name in _MAPS or name in _OTHERS) or len(arguments(call)) < _OTHERS.get(name, 2):
            continue
        if not possible(reached(module, call, workspace)):
            continue
        place, written = owners.place(owner_of(call)), module.plain(argument(call, 0, "pattern"))
        listed = argument(call, 1, "httpMethods") if name == "MapMethods" else None
        verbs = (_MAPS[name],) if name in _MAPS else _listed(module, listed)
        path = (
            templated(joined(place.prefix, written))
            if place.prefix is not None and isinstance(written, str)
            else ""
        )
        pointer = f"route[{' '.join(verbs)} {path or written}]"
        guard = stricter(place.guard, owners.guard(call))
        if (kind := served_type(module, call)) and guard is Guard.NOTHING:
            guard = guard_of(kind, module, workspace)
        if name == "MapGrpcService" and place.prefix is not None:
            path = f"gRPC service {kind}" if kind else ""
        at, optional = module.value(call, pointer), isinstance(written, str) and "?}" in written
        yield Endpoint(path=path, verbs=verbs, guard=guard, node=call, at=at, optional=optional)


def _listed(module: Module, node: Node | None) -> tuple[str, ...]:
    """`new[] { "GET", HttpMethods.Put }`; none where one is not known."""
    found: list[str] = []
    waiting = [node] if node is not None else []
    while waiting:
        one = waiting.pop()
        if one.type in ("string_literal", "member_access_expression"):
            text = module.string(one) or method_of(module, one)
            found.append(text.upper())
        elif one.type != "comment":
            waiting += reversed(one.named_children)
    return tuple(found) if found and set(found) <= set(VERBS) else ()


def templated(written: str) -> str:
    """A template as contracts write it; "" where a part of it may be left out, or the caller writes a version."""
    if "apiVersion" in written:
        return ""
    path = _PARAMETER.sub(lambda m: "" if m[2].endswith("?") else f"{{{m[1]}}}", written)
    whole = path.rstrip("/") or "/"
    return whole if _LITERAL.fullmatch(whole) and "//" not in path else ""


def _of_controllers(module: Module, workspace: Workspace) -> Iterator[Endpoint]:
    for one in module.classes:
        if not is_controller(module, one):
            continue
        name, held = module.text(one.child_by_field_name("name")), given(module, one, workspace)
        body = one.child_by_field_name("body")
        for method in body.named_children if body is not None else ():
            if method.type == "method_declaration":
                yield from _action(module, method, name.removesuffix("Controller"), held)


def is_controller(module: Module, node: Node) -> bool:
    """Whether a class is a controller whose requests attributes describe."""
    bases = next((c for c in node.named_children if c.type == "base_list"), None)
    return "ApiController" in attributes(module, node) or (
        bases is not None and _BASES.search(module.text(bases)[:400]) is not None
    )


def _action(module: Module, method: Node, controller: str, held: Given) -> Iterator[Endpoint]:
    named = attributes(module, method)
    if "NonAction" in named:
        return
    own = template(module, named.get("Route"))
    for attribute, verb in _ATTRIBUTES.items():
        if attribute not in named:
            continue
        written = named[attribute]
        inner = template(module, written) if _positional(written) else own
        known = not _positional(written) or inner is not None
        known = known and (held.known or (inner is not None and inner.startswith(("/", "~/"))))
        # A template that begins with a slash stands alone; without any, a convention decides.
        outer = held.template
        if not known or (outer is None and inner is None):
            whole: str | None = None
        elif inner is not None and inner.startswith(("/", "~/")):
            whole = joined(inner.removeprefix("~"), "")
        else:
            whole = joined(outer or "", inner or "") if outer is not None or inner is not None else None
        filled = _TOKEN.sub(_filler(module, method, controller), whole) if whole is not None else ""
        path = templated(filled) if "[" not in filled and filled else ""
        at = module.value(written, f"route[{verb} {path or whole}]")
        both, optional = stricter(held.guard, attributed(module, method)), "?}" in (inner or "")
        yield Endpoint(path=path, verbs=(verb,), guard=both, node=method, at=at, optional=optional)


def _positional(attribute: Node) -> bool:
    return any(not name or name == "template" for name, _ in named_arguments(attribute))


def _filler(module: Module, method: Node, controller: str) -> Callable[[re.Match[str]], str]:
    action = module.text(method.child_by_field_name("name")).removesuffix("Async")
    words = {"controller": controller, "action": action}
    return lambda found: words.get(found[1].lower(), found[0])

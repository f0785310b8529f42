"""Who may read answers from other origins.

Source: https://learn.microsoft.com/aspnet/core/security/cors (a policy without origins admits none; one that admits any origin
together with credentials is refused by ASP.NET Core when it is built, and a function that admits every origin is not).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Span
from batten.technologies.frameworks.aspnet.code.module import (
    LAMBDAS,
    Module,
    argument,
    arguments,
    function_of,
    method_of,
    root_of,
)
from batten.technologies.frameworks.aspnet.code.reach import possible, reached

ORIGINS = ("AllowAnyOrigin", "WithOrigins", "SetIsOriginAllowed")
_HOLDERS = ("AddPolicy", "AddDefaultPolicy", "UseCors", "RequireCors")
_BUILDER = "CorsPolicyBuilder"
_TRUE = re.compile(r"true|\{return\s*true;\}")


def policies(module: Module, workspace: Workspace) -> Iterator[CorsPolicy]:
    """A fact for each policy that is built."""
    # The calls on each builder, in the order of the file.
    found: dict[int, list[Node]] = {}
    for built_call in module.calls:
        holder = _holder(module, built_call)
        if holder is not None:
            found.setdefault(holder, []).append(built_call)
    for calls in found.values():
        named = {method_of(module, call): call for call in reversed(calls)}
        if not named.keys() & set(ORIGINS):
            continue
        if all(possible(reached(module, call, workspace)) for call in named.values()):
            first = next(named[name] for name in ORIGINS if name in named)
            at = segment(module, first, "cors")
            if (policy_call := named.get("AllowCredentials")) is not None:
                credentials: Setting[bool] = Setting(
                    True, segment(module, policy_call, "cors/AllowCredentials")
                )
            else:
                credentials = Setting(ABSENT, at, False)
            if (origins_call := named.get("SetIsOriginAllowed")) is not None:
                function = argument(origins_call, 0, "isOriginAllowed")
                if function is None or not always_true(module, function):
                    origins: Setting[tuple[OriginRule, ...]] = Setting(UNKNOWN, at)
                else:
                    here = segment(module, origins_call, "cors/SetIsOriginAllowed")
                    origins = Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)
            elif (origins_call := named.get("AllowAnyOrigin")) is not None:
                here = segment(module, origins_call, "cors/AllowAnyOrigin")
                origins = Setting((OriginRule(OriginKind.ANY, Setting("*", here)),), here)
            else:
                here = segment(module, named["WithOrigins"], "cors/WithOrigins")
                words = _texts(module, named["WithOrigins"])
                if words is None or "SetIsOriginAllowedToAllowWildcardSubdomains" in named:
                    origins = Setting(UNKNOWN, here)
                else:
                    origins = Setting(tuple(_rule(word, here, alone=len(words) == 1) for word in words), here)
            yield CorsPolicy(
                at,
                origins=origins,
                credentials=credentials,
                methods=_words(module, named, ("AllowAnyMethod", "WithMethods"), at),
                headers=_words(module, named, ("AllowAnyHeader", "WithHeaders"), at),
                varies=Setting(True, at),
            )


def _holder(module: Module, call: Node) -> int | None:
    """The lambda whose parameter a chain begins with, or the `new CorsPolicyBuilder()`."""
    root = root_of(call)
    if root is None:
        return None
    if root.type == "object_creation_expression":
        return root.id if module.type_of(root) == _BUILDER else None
    if root.type != "identifier":
        return None
    made = module.resolved(root)
    if made is not None and made.type == "object_creation_expression" and module.type_of(made) == _BUILDER:
        return made.id
    above = function_of(call)
    while above is not None:
        scope = module.scopes.get(above.id)
        if scope is not None and module.text(root) in scope.names:
            return above.id if above.type in LAMBDAS and _of_policy(module, above) else None
        above = function_of(above)
    return None


def _of_policy(module: Module, function: Node) -> bool:
    listed = function.parent.parent if function.parent is not None else None
    call = listed.parent if listed is not None and listed.type == "argument_list" else None
    return call is not None and method_of(module, call) in _HOLDERS


def segment(module: Module, call: Node, pointer: str, kind: Kind = Kind.VALUE) -> Location:
    """The name and the arguments of a call, without what it is called on."""
    function = call.child_by_field_name("function")
    name = function.child_by_field_name("name") if function is not None else None
    start = module.script.span(name if name is not None else call).start
    return Location(module.path, pointer, Span(start, module.script.span(call).end), kind=kind)


def _rule(word: str, at: Location, *, alone: bool) -> OriginRule:
    """A star is any origin where nothing else is listed."""
    kinds = {"null": OriginKind.NULL, **({"*": OriginKind.ANY} if alone else {})}
    return OriginRule(kinds.get(word, OriginKind.EXACT), Setting(word, at))


def _texts(module: Module, call: Node) -> tuple[str, ...] | None:
    """The words of a call, each for itself or in one list; None where one is not known."""
    found: list[str] = []
    for value in map(module.plain, arguments(call)):
        words = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(word, str) for word in words):
            return None
        found += [str(word) for word in words]
    return tuple(found)


def _words(
    module: Module, named: dict[str, Node], names: tuple[str, str], at: Location
) -> Setting[tuple[str, ...]]:
    """`AllowAnyMethod()` and `WithMethods("GET")`, and the same of headers."""
    every, listed = names
    if every in named:
        return Setting(("*",), segment(module, named[every], f"cors/{every}"))
    if listed in named:
        words = _texts(module, named[listed])
        return Setting(UNKNOWN if words is None else words, segment(module, named[listed], f"cors/{listed}"))
    return Setting(ABSENT, at)


def always_true(module: Module, function: Node) -> bool:
    """Whether a lambda does nothing but say yes."""
    if function.type not in LAMBDAS:
        return False
    body = function.child_by_field_name("body") or (
        function.named_children[-1] if function.named_children else None
    )
    text = module.text(body)
    return body is not None and len(text) < 100 and _TRUE.fullmatch(re.sub(r"\s+", " ", text).replace("{ ", "{").replace(" }", "}")) is not None  # fmt: skip

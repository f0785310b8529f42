"""Routes that a file registers under literal paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AppRoute
from batten.model import Setting
from batten.technologies.frameworks.go.module import Module, argument, arguments
from batten.technologies.frameworks.go.owners import Owners, applications

_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_METHODS = {**{verb: verb for verb in _VERBS}, **{verb.capitalize(): verb for verb in _VERBS}}
_COLON = re.compile(r"[:*](\w+)")
_BRACES = re.compile(r"\{(\w+)(?::[^{}]*|\.\.\.)?\}")
_LITERAL = re.compile(r"/[\w.~/{}-]*")
_PATTERN = re.compile(r"([A-Z]+)[ \t]+(/\S*)")


def routes(module: Module) -> Iterator[AppRoute]:
    """A fact for each call that registers one verb on a path that is known; Go's own patterns name the verb before it."""
    owners = applications(module)
    for call in module.calls:
        function = call.child_by_field_name("function")
        if function is None or function.type != "selector_expression" or len(arguments(call)) < 2:
            continue
        name, first = module.text(function.child_by_field_name("field")), module.plain(argument(call, 0))
        if not isinstance(first, str):
            continue
        if name in ("HandleFunc", "Handle") and (named := _methods(module, call)):
            yield from _named(module, call, first, named, owners)
            continue
        if name in ("HandleFunc", "Handle") and (found := _PATTERN.fullmatch(first)) is not None:
            verb, path = found[1], found[2].removesuffix("{$}")
        elif name in _METHODS:
            verb, path = _METHODS[name], first
        else:
            continue
        default = module.qualified(function).startswith("net/http.")
        prefix = "" if default else owners.prefix(function.child_by_field_name("operand"))
        clean = _BRACES.sub(r"{\1}", _COLON.sub(r"{\1}", (prefix or "") + path)) or "/"
        if prefix is not None and verb in _VERBS and _LITERAL.fullmatch(clean):
            at = module.value(call, f"route[{verb} {clean}]")
            yield AppRoute(at, clean, (verb,), Setting(False, at))


def _methods(module: Module, call: Node) -> tuple[str, ...]:
    """`r.HandleFunc("/orders", list).Methods("GET", http.MethodPost)` of Gorilla's mux; none where one is not known."""
    above = call.parent
    outer = above.parent if above is not None and above.type == "selector_expression" else None
    if above is None or outer is None or module.text(above.child_by_field_name("field")) != "Methods":
        return ()
    given = [module.plain(one) for one in arguments(outer)]
    words = [
        one if isinstance(one, str) else module.qualified(node).removeprefix("net/http.Method")
        for one, node in zip(given, arguments(outer), strict=True)
    ]
    verbs = tuple(word.upper() for word in words)
    return verbs if verbs and set(verbs) <= set(_VERBS) else ()


def _named(
    module: Module, call: Node, path: str, verbs: tuple[str, ...], owners: Owners
) -> Iterator[AppRoute]:
    function = call.child_by_field_name("function")
    prefix = owners.prefix(function.child_by_field_name("operand")) if function is not None else None
    clean = _BRACES.sub(r"{\1}", (prefix or "") + path) or "/"
    if prefix is not None and _LITERAL.fullmatch(clean):
        at = module.value(call, f"route[{' '.join(verbs)} {clean}]")
        yield AppRoute(at, clean, verbs, Setting(False, at))

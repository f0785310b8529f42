"""Functions that are given a router of a framework: under which path their routes are, the callers decide.

Sources: https://pkg.go.dev/github.com/gin-gonic/gin#RouterGroup, https://pkg.go.dev/github.com/labstack/echo/v4#Group,
https://pkg.go.dev/github.com/go-chi/chi/v5#Router, https://pkg.go.dev/github.com/gofiber/fiber/v2#Router, https://pkg.go.dev/github.com/gorilla/mux#Router.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import UnreadRoutes
from batten.technologies.frameworks.go.module import Module, arguments
from batten.technologies.shared.code import enclosing

_ROUTERS = re.compile(
    r"github\.com/(?:gin-gonic/gin\.(?:RouterGroup|Engine|IRouter|IRoutes)|labstack/echo/v\d+\.(?:Group|Echo)"
    r"|go-chi/chi(?:/v\d+)?\.(?:Router|Mux)|gofiber/fiber/v\d+\.(?:Router|App|Group)|gorilla/mux\.Router)"
)
_FUNCTIONS = ("function_declaration", "method_declaration")
_REGISTERING = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "Get", "Post", "Put", "Patch", "Delete", "Any", "Handle", "HandleFunc"))  # fmt: skip


def given_routers(module: Module) -> Iterator[UnreadRoutes]:
    """A fact for each function that registers routes on a router that it is given."""
    # (the function, the name) of what calls register routes on.
    found: set[tuple[int, str]] = set()
    for call in module.calls:
        function = call.child_by_field_name("function")
        owner = function.child_by_field_name("operand") if function is not None else None
        if function is None or owner is None or owner.type != "identifier" or len(arguments(call)) < 2:
            continue
        if module.text(function.child_by_field_name("field")) in _REGISTERING:
            above = enclosing(call, _FUNCTIONS)
            found |= {(above.id, module.text(owner))} if above is not None else set()
    used = found
    for node in module.script.nodes:
        if node.type in _FUNCTIONS and any(name in used for name in _given(module, node)):
            name = node.child_by_field_name("name") or node
            at, why = module.value(name, "router"), "the callers of a function decide the prefix"
            yield UnreadRoutes(at, "Go routes", why, module.text(name))


def _given(module: Module, function: Node) -> Iterator[tuple[int, str]]:
    taken = function.child_by_field_name("parameters")
    for one in taken.named_children if taken is not None else ():
        kind = one.child_by_field_name("type")
        inner = kind.named_children[0] if kind is not None and kind.type == "pointer_type" else kind
        if inner is not None and _ROUTERS.fullmatch(module.qualified(inner)):
            yield from ((function.id, module.text(name)) for name in one.children_by_field_name("name"))

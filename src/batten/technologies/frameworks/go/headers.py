"""Origins that handlers write into headers by themselves.

Sources: https://pkg.go.dev/net/http#Header, https://pkg.go.dev/github.com/gin-gonic/gin#Context.Header,
https://echo.labstack.com/docs/response, https://docs.gofiber.io/api/ctx#set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies.frameworks.go.cors import rule_of
from batten.technologies.frameworks.go.module import CHOICES, DEEPEST, FUNCTIONS, Module, argument, arguments

HEADER, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
_WRITING = ("Set", "Add", "Header")
# Names of headers that packages have as constants.
_PACKAGES = ("labstack/echo/v4", "labstack/echo/v5", "gofiber/fiber/v2", "gofiber/fiber/v3")
_CONSTANTS = {
    "HeaderOrigin": "origin",
    "HeaderAccessControlAllowOrigin": HEADER,
    "HeaderAccessControlAllowCredentials": CREDENTIALS,
}
_HEADERS = {f"github.com/{one}.{name}": header for one in _PACKAGES for name, header in _CONSTANTS.items()}


def written_origins(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each call that writes the header."""
    for call in module.calls:
        # `w.Header().Set("Access-Control-Allow-Origin", …)` and Gin's `c.Header(…)`.
        written = _written(module, call)
        if written is None or written[0] != HEADER:
            continue
        value = arguments(call)[1]
        here, word = module.value(value, "header/origin"), module.plain(value)
        if isinstance(word, str):
            rule = rule_of(word, here)
        elif _of_the_request(module, value):
            tests = list(_conditions(module, call, value))
            stated = _stated(module, tests[0][0], value) if len(tests) == 1 and tests[0][1] else None
            if tests and stated is None:
                continue
            rule = stated or OriginRule(OriginKind.REFLECTED, Setting("", here))
        elif _addressed(module, value) and not any(_conditions(module, call, value)):
            rule = OriginRule(OriginKind.CHOSEN, Setting(module.text(module.resolved(value)), here))
        else:
            continue
        none = Setting[tuple[str, ...]](ABSENT, here)
        yield CorsPolicy(
            here,
            origins=Setting((rule,), here),
            credentials=_with_credentials(module, call, here),
            methods=none,
            headers=none,
            varies=Setting[bool](UNKNOWN, here),
        )


def _written(module: Module, call: Node) -> tuple[str, Node] | None:
    """The header that a call writes, in small letters, and on what it is called."""
    function, given = call.child_by_field_name("function"), arguments(call)
    if function is None or function.type != "selector_expression" or len(given) != 2:
        return None
    owner = function.child_by_field_name("operand")
    if module.text(function.child_by_field_name("field")) not in _WRITING or owner is None:
        return None
    return _name(module, given[0]), owner


def _name(module: Module, node: Node | None) -> str:
    """A header's name: a text, or a constant of a framework."""
    return module.string(node).lower() or _HEADERS.get(module.qualified(module.resolved(node)), "")


def _with_credentials(module: Module, call: Node, at: Location) -> Setting[bool]:
    """Whether the same function writes that credentials are admitted, too."""
    for other in module.calls:
        written = _written(module, other)
        if (
            written is not None
            and written[0] == CREDENTIALS
            and module.scope_of(other) is module.scope_of(call)
        ):
            value = arguments(other)[1]
            return Setting(
                module.plain(value) == "true" or UNKNOWN, module.value(value, "header/credentials")
            )
    return Setting(UNKNOWN, at)


_PRESENT = re.compile(r'\s*(\w+)\s*!=\s*""\s*')


def _conditions(module: Module, call: Node, value: Node) -> Iterator[tuple[Node, bool]]:
    """The conditions that may decide who is admitted, and whether they hold there; that there is an origin at all decides nothing."""
    node, above = call, call.parent
    while above is not None and above.type not in FUNCTIONS:
        if above.type in CHOICES:
            condition = above.child_by_field_name("condition")
            found = _PRESENT.fullmatch(module.text(condition)[:200]) if above.type == "if_statement" else None
            if found is None or found[1] != module.text(value):
                yield condition or above, above.child_by_field_name("consequence") == node
        node, above = above, above.parent


_PARTS = {
    "strings.Contains": (False, False),
    "strings.HasPrefix": (True, False),
    "strings.HasSuffix": (False, True),
}


def _stated(module: Module, node: Node | None, origin: Node, depth: int = 0) -> OriginRule | None:
    """The rule that a condition states about the origin by a part of it (https://pkg.go.dev/strings); None for other conditions."""
    if node is None or depth > DEEPEST:
        return None
    if node.type == "parenthesized_expression" and node.named_children:
        return _stated(module, node.named_children[0], origin, depth + 1)
    if node.type == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        one, other = (_stated(module, side, origin, depth + 1) for side in (left, right))
        if module.text(node.child_by_field_name("operator")) == "||":
            return one or other
        beside = right if one is not None else left
        found = _PRESENT.fullmatch(module.text(beside)[:200])
        return (one or other) if found is not None and found[1] == module.text(origin) else None
    given = arguments(node) if node.type == "call_expression" else []
    anchors, part = (
        _PARTS.get(module.called(node)) if given else None,
        module.string(given[-1]) if given else "",
    )
    if anchors is None or not part or len(given) != 2 or module.text(given[0]) != module.text(origin):
        return None
    text = re.escape(part) + ("$" if anchors[1] else "")
    return OriginRule(OriginKind.PATTERN, Setting(text, module.value(node, "header/test")), *anchors)


def _addressed(module: Module, node: Node) -> bool:
    """`r.URL.Query().Get("origin")`, Gin's and Fiber's `c.Query("origin")`: what the address says."""
    made = module.resolved(node)
    name = module.text(made.child_by_field_name("function")) if made is not None else ""
    return name.endswith((".URL.Query().Get", ".FormValue")) or (
        name.count(".") == 1 and name.endswith(".Query")
    )


def _of_the_request(module: Module, node: Node) -> bool:
    """`r.Header.Get("Origin")`, `c.GetHeader("Origin")` and Fiber's `c.Get(fiber.HeaderOrigin)`, directly or by a name."""
    made = module.resolved(node)
    if made is None or made.type != "call_expression" or _name(module, argument(made, 0)) != "origin":
        return False
    name = module.text(made.child_by_field_name("function"))
    return name.endswith((".Header.Get", ".GetHeader", ".Header().Get")) or (
        name.count(".") == 1 and name.endswith(".Get")
    )

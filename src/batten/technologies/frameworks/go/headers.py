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
from batten.technologies.frameworks.go.module import CHOICES, FUNCTIONS, Module, argument, arguments

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
        elif _of_the_request(module, value) and not _compared(module, call, value):
            rule = OriginRule(OriginKind.REFLECTED, Setting("", here))
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


def _compared(module: Module, call: Node, value: Node) -> bool:
    """Whether a condition may decide who is admitted; that there is an origin at all decides nothing."""
    above = call.parent
    while above is not None and above.type not in FUNCTIONS:
        if above.type in CHOICES:
            condition = above.child_by_field_name("condition")
            found = _PRESENT.fullmatch(module.text(condition)[:200]) if above.type == "if_statement" else None
            if found is None or found[1] != module.text(value):
                return True
        above = above.parent
    return False


def _of_the_request(module: Module, node: Node) -> bool:
    """`r.Header.Get("Origin")`, `c.GetHeader("Origin")` and Fiber's `c.Get(fiber.HeaderOrigin)`, directly or by a name."""
    made = module.resolved(node)
    if made is None or made.type != "call_expression" or _name(module, argument(made, 0)) != "origin":
        return False
    name = module.text(made.child_by_field_name("function"))
    return name.endswith((".Header.Get", ".GetHeader", ".Header().Get")) or (
        name.count(".") == 1 and name.endswith(".Get")
    )

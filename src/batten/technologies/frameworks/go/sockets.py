"""WebSocket servers that accept handshakes from pages of any origin.

Sources: https://pkg.go.dev/github.com/gorilla/websocket#Upgrader (without CheckOrigin the Origin's host must be the request's),
https://pkg.go.dev/github.com/coder/websocket#AcceptOptions, https://pkg.go.dev/github.com/fasthttp/websocket#FastHTTPUpgrader.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import UncheckedSocket
from batten.technologies.frameworks.go.cors import decided
from batten.technologies.frameworks.go.module import Module
from batten.technologies.shared.choices import chosen

_UPGRADERS = (
    "github.com/gorilla/websocket.Upgrader",
    "github.com/fasthttp/websocket.Upgrader",
    "github.com/fasthttp/websocket.FastHTTPUpgrader",
)
_ACCEPTS = ("github.com/coder/websocket.AcceptOptions", "nhooyr.io/websocket.AcceptOptions")
_PACKAGES = tuple(name.rpartition(".")[0] for name in _UPGRADERS)


def sockets(module: Module) -> Iterator[UncheckedSocket]:
    """A fact for each literal, or assignment to a field, that admits any origin."""
    for literal in module.literals:
        kind, given = module.qualified(literal.child_by_field_name("type")), module.options(literal)
        if kind in _UPGRADERS and "CheckOrigin" in given:
            yield from _admitting(module, given["CheckOrigin"])
        elif kind in _ACCEPTS:
            skipped, patterns = given.get("InsecureSkipVerify"), given.get("OriginPatterns")
            if skipped is not None and module.plain(skipped) is True and not chosen(module.script, skipped):
                yield UncheckedSocket(
                    module.value(skipped, "websocket/origin"),
                    "`InsecureSkipVerify` skips the check of the Origin",
                )
            elif patterns is not None and module.plain(patterns) == ("*",):
                yield UncheckedSocket(module.value(patterns, "websocket/origin"), "`OriginPatterns` is `*`")
    if not any(path in _PACKAGES for path in module.packages.values()):
        return
    for node in module.script.nodes:
        if node.type == "assignment_statement":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and module.text(left).endswith(".CheckOrigin"):
                yield from _admitting(
                    module, right.named_children[0] if right.type == "expression_list" else right
                )


def _admitting(module: Module, function: Node) -> Iterator[UncheckedSocket]:
    at = module.value(function, "websocket/origin")
    if isinstance(decided(module, function, at).value, tuple) and not chosen(module.script, function):
        yield UncheckedSocket(at, "`CheckOrigin` returns true for every request")

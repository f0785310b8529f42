"""Functions that decide about an origin: `origin: (origin, callback) => callback(null, true)` admits whatever asks.

Sources: https://expressjs.com/en/resources/middleware/cors.html#configuring-cors-w-dynamic-origin and
https://github.com/fastify/fastify-cors#options (`true` reflects the request's origin, as the option itself does).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import OriginKind, OriginRule
from batten.technologies.frameworks.express.module import Module, arguments
from batten.technologies.frameworks.express.origins import FUNCTIONS, deciding, stated

LONGEST = 4000  # bytes of a function that is looked into
_STATEMENTS = ("expression_statement", "return_statement")
_LOGGING = ("console.", "log.", "logger.", "this.logger.", "debug")
_OTHERWISE = ("throw_statement", "try_statement", "switch_statement", "await_expression")


def admitted(module: Module, function: Node | None) -> OriginKind | None:
    """REFLECTED or ANY where every path through the function admits the origin; None where something decides."""
    if (
        function is None
        or function.type not in FUNCTIONS
        or function.end_byte - function.start_byte > LONGEST
    ):
        return None
    given = function.child_by_field_name("parameters")
    named = [c for c in given.named_children if c.type != "comment"] if given is not None else []
    names, body = (
        [module.text(c.child_by_field_name("pattern") or c) for c in named],
        function.child_by_field_name("body"),
    )
    if body is None or len(names) != 2:
        return None
    answers = [_answer(module, call, names) for call in _uses(module, body, names[1])]
    if not answers or None in answers or len(set(answers)) > 1 or not _reached(module, body, names[1]):
        return None
    return answers[0]


def loosely(module: Module, function: Node | None) -> OriginRule | None:
    """The rule of a function that admits an origin by a part of it: `if (origin.includes("example.com")) callback(null, true)`."""
    given = function.child_by_field_name("parameters") if function is not None else None
    body = function.child_by_field_name("body") if function is not None else None
    if given is None or body is None or body.end_byte - body.start_byte > LONGEST:
        return None
    named = [c for c in given.named_children if c.type != "comment"]
    names = [module.text(c.child_by_field_name("pattern") or c) for c in named]
    if len(names) != 2:
        return None
    admitting = [
        use
        for use in _uses(module, body, names[1])
        if use is not None and _answer(module, use, names) is OriginKind.REFLECTED
    ]
    if len(admitting) != 1:
        return None
    tests = list(deciding(admitting[0]))
    if len(tests) != 1 or not tests[0][1]:
        return None
    return stated(module, tests[0][0], lambda node: module.text(node) == names[0])


def _uses(module: Module, body: Node, name: str) -> Iterator[Node | None]:
    """The calls of the callback; None for each other use of it, and for what may end the function otherwise."""
    pending = [body]
    while pending:
        found = pending.pop()
        node = found
        if node.type == "identifier" and module.text(node) == name:
            above = node.parent
            called = above is not None and above.type == "call_expression" and above.child(0) == node
            yield above if called else None
        elif node.type in _OTHERWISE:
            yield None
        pending.extend(found.named_children)


def _answer(module: Module, call: Node | None, names: list[str]) -> OriginKind | None:
    """What one call of the callback says: `(null, true)` and `(null, origin)` reflect, `(null, "*")` admits any."""
    given = arguments(call) if call is not None else []
    if len(given) != 2 or module.text(given[0]) not in ("null", "undefined"):
        return None
    if module.plain(given[1]) == "*":
        return OriginKind.ANY
    reflects = module.plain(given[1]) is True or module.text(given[1]) == names[0]
    return OriginKind.REFLECTED if reflects else None


def _reached(module: Module, node: Node, name: str) -> bool:
    """Whether the callback is called on every path: what comes before does nothing but log, or calls it itself."""
    match node.type:
        case "call_expression":
            return module.text(node.child_by_field_name("function")) == name
        case "parenthesized_expression" | "else_clause" | "expression_statement" | "return_statement":
            inner = node.named_children
            return len(inner) == 1 and _reached(module, inner[0], name)
        case "if_statement":
            ways = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
            return all(way is not None and _reached(module, way, name) for way in ways)
        case "statement_block":
            for statement in (c for c in node.named_children if c.type != "comment"):
                if _reached(module, statement, name):
                    return True
                if not _harmless(module, statement, name):
                    return False
            return False
        case _:
            return False


def _harmless(module: Module, statement: Node, name: str) -> bool:
    """A line of a log, or a branch that answers by itself."""
    if statement.type == "if_statement":
        then = statement.child_by_field_name("consequence")
        return then is not None and _reached(module, then, name)
    return statement.type in _STATEMENTS and module.text(statement).startswith(_LOGGING)

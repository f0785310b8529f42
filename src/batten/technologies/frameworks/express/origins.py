"""Conditions about the request's Origin that look at a part of it: `origin.includes("example.com")` and its like.

Source: https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/String.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from batten.facts import OriginKind, OriginRule
from batten.model import Location, Setting
from batten.technologies.frameworks.express.module import DEEPEST, WRAPPERS, Module, argument

FUNCTIONS = ("arrow_function", "function_declaration", "function_expression", "method_definition")
_PARTS = ("includes", "startsWith", "endsWith", "indexOf")
# What an index is compared with where the text may stand anywhere, and where it stands at the start.
_ANYWHERE = re.compile(r"(?:!==?|>)\s*-\s*1|>=\s*0")
_AT_START = re.compile(r"===?\s*0")


def deciding(call: Node) -> Iterator[tuple[Node, bool]]:
    """The conditions around a statement in its function, with what they must come to for it to be reached."""
    node = call
    while node.parent is not None and node.type not in FUNCTIONS:
        above = node.parent
        match above.type:
            case "if_statement" | "ternary_expression":
                condition = above.child_by_field_name("condition")
                if condition is not None and condition != node:
                    yield condition, above.child_by_field_name("consequence") == node
            case "binary_expression":
                left = above.child_by_field_name("left")
                if left is not None and left != node:
                    yield left, above.child_by_field_name("operator") is not None
            case "switch_statement":
                yield above, False
        node = above


def stated(
    module: Module, node: Node | None, requested: Callable[[Node], bool], depth: int = 0
) -> OriginRule | None:
    """The rule that a condition states about an origin, which `requested` knows, where it looks at a part of it; None where it is
    about other things, too, or compares whole origins."""
    if node is None or depth > DEEPEST:
        return None
    match node.type:
        case kind if kind in WRAPPERS and node.named_children:
            return stated(module, node.named_children[0], requested, depth + 1)
        case "binary_expression":
            return _compared(module, node, requested, depth)
        case "unary_expression" if module.text(node).startswith("!!"):
            inner = node.child_by_field_name("argument")
            return stated(
                module, inner.child_by_field_name("argument") if inner else None, requested, depth + 1
            )
        case "call_expression":
            return _called(module, node, requested)
        case _:
            return None


def _compared(module: Module, node: Node, requested: Callable[[Node], bool], depth: int) -> OriginRule | None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = module.text(node.child_by_field_name("operator"))
    if left is None or right is None:
        return None
    if operator not in ("&&", "||"):
        inner = _called(module, left, requested) if left.type == "call_expression" else None
        rest = module.text(node)[left.end_byte - node.start_byte :].strip()
        if inner is None or not module.text(left.child_by_field_name("function")).endswith("indexOf"):
            return None
        if _ANYWHERE.fullmatch(rest):
            return inner
        return OriginRule(OriginKind.PATTERN, inner.text, True, False) if _AT_START.fullmatch(rest) else None
    one, other = (stated(module, side, requested, depth + 1) for side in (left, right))
    if operator == "||":
        return one or other
    if one is not None and other is not None:
        begins = [r for r in (one, other) if r.anchored_start and not r.anchored_end]
        ends = [r for r in (one, other) if r.anchored_end and not r.anchored_start]
        if len(begins) != 1 or len(ends) != 1:
            return None
        text = f"{begins[0].text.known('')}.*{ends[0].text.known('')}"
        return OriginRule(OriginKind.PATTERN, Setting(text, one.text.at), True, True)
    # Beside the rule, only whether there is an origin.
    beside = right if one is not None else left
    return (one or other) if requested(beside) else None


def _called(module: Module, call: Node, requested: Callable[[Node], bool]) -> OriginRule | None:
    function = call.child_by_field_name("function")
    owner = function.child_by_field_name("object") if function is not None else None
    method = module.text(function.child_by_field_name("property")) if function is not None else ""
    given, at = argument(call, 0), module.value(call, "header/test")
    if owner is None or given is None:
        return None
    if requested(owner):
        part = module.string(given)
        if method in _PARTS and part:
            text = re.escape(part) + ("$" if method == "endsWith" else "")
            starts, ends = method == "startsWith", method == "endsWith"
            return OriginRule(OriginKind.PATTERN, Setting(text, at), starts, ends)
        return expression(module, given, at) if method in ("match", "search") else None
    return expression(module, owner, at) if method in ("test", "exec") and requested(given) else None


def expression(module: Module, node: Node | None, at: Location) -> OriginRule | None:
    """A literal expression, or `new RegExp("…")` of a literal, as a rule of origins."""
    found = module.resolved(node)
    if found is not None and found.type == "regex":
        text = module.text(found.child_by_field_name("pattern")).replace("\\/", "/")
    elif found is not None and found.type == "new_expression" and module.text(found).startswith("new RegExp"):
        text = module.string(argument(found, 0)).replace("\\\\", "\\")
    else:
        return None
    ends = text.endswith("$") and not text.endswith("\\$")
    return OriginRule(OriginKind.PATTERN, Setting(text, at), text.startswith("^"), ends) if text else None

"""Conditions that decide whether a statement is reached: around it, or of an earlier one that leaves the block."""

from __future__ import annotations

import re
from functools import partial

from tree_sitter import Node

from batten.technologies.frameworks.express.module import DEEPEST, Module

_HEADERS = r"(?:\.origin|\[['\"][Oo]rigin['\"]\])"
_REQUESTED = re.compile(
    rf"(?:\w{{1,40}}\.)?req(?:uest)?\.(?:headers?{_HEADERS}|(?:get|header|headers\.get)\(['\"][Oo]rigin['\"]\))"
    rf"|(?:ctx|context)\.(?:headers?{_HEADERS}|get\(['\"][Oo]rigin['\"]\))"
)
# What pages of other origins write into the address that they ask for.
_ADDRESSED = re.compile(
    r"(?:\w{1,40}\.)?req(?:uest)?\.(?:query|params)(?:\.\w{1,80}|\[['\"]\w{1,80}['\"]\])|ctx\.query\.\w{1,80}"
)
_ENVIRONMENT = re.compile(
    r"env|(?<![a-z])(?:is|in|not)?_?(?:dev|prod)(?:elopment|uction|mode)?(?![a-z])|debug|staging",
    re.IGNORECASE,
)
_ORIGIN = re.compile(r"origin|allow|trust|permit|white|valid|known|\bok\b", re.IGNORECASE)
_CHOICES = ("if_statement", "ternary_expression", "binary_expression")
_LEAVING = ("return_statement", "throw_statement")


def _guarded(words: re.Pattern[str], module: Module, node: Node) -> bool:
    if words.pattern not in module.left:
        # Where each block is first left by a statement under such a condition.
        found: dict[int, int] = {}
        for left_node in module.branches:
            if left_node.parent is not None and _leaves(left_node) and _decides(words, module, left_node):
                found.setdefault(left_node.parent.id, left_node.end_byte)
        module.left[words.pattern] = found
    left = module.left[words.pattern]
    while node.parent is not None:
        above = node.parent
        if above.type in _CHOICES and _decides(words, module, above):
            return True
        if left.get(above.id, node.start_byte) < node.start_byte:
            return True
        node = above
    return False


for_the_environment = partial(_guarded, _ENVIRONMENT)
for_the_origin = partial(_guarded, _ORIGIN)


def _decides(words: re.Pattern[str], module: Module, node: Node) -> bool:
    return words.search(module.text(_condition(node))) is not None and not present(module, node)


def _condition(node: Node) -> Node | None:
    return node.child_by_field_name("condition") or node.child_by_field_name("left")


def present(module: Module, node: Node) -> bool:
    """Whether a condition asks only if the request has an Origin: `if (origin)`, `if (!req.headers.origin)`."""
    found: Node | None = _condition(node) or node
    while found is not None and found.type in ("parenthesized_expression", "unary_expression"):
        found = found.named_children[0] if found.named_children else None
    return found is not None and found.type != "binary_expression" and requested(module, found)


def requested(module: Module, node: Node | None, depth: int = 0) -> bool:
    """Whether an expression is the request's Origin, alone or with a value for requests without one."""
    return _of_the_request(_REQUESTED, module, node, depth)


def addressed(module: Module, node: Node | None) -> bool:
    """Whether an expression is a part of the address that is asked for."""
    return _of_the_request(_ADDRESSED, module, node, 0)


def _of_the_request(words: re.Pattern[str], module: Module, node: Node | None, depth: int) -> bool:
    found = module.resolved(node)
    if found is None or depth > DEEPEST:
        return False
    match found.type:
        case "parenthesized_expression" | "as_expression" | "non_null_expression" | "template_substitution":
            return bool(found.named_children) and _of_the_request(
                words, module, found.named_children[0], depth + 1
            )
        case "binary_expression":
            otherwise = module.text(found.child_by_field_name("operator")) in ("||", "??")
            return otherwise and _of_the_request(words, module, found.child_by_field_name("left"), depth + 1)
        case "template_string":
            parts = found.named_children
            return (
                len(parts) == 1
                and len(module.text(found)) == len(module.text(parts[0])) + 2
                and _of_the_request(words, module, parts[0], depth + 1)
            )
        case "ternary_expression":
            asked, then = found.child_by_field_name("condition"), found.child_by_field_name("consequence")
            return all(_of_the_request(words, module, one, depth + 1) for one in (asked, then))
        case "identifier":
            return words.fullmatch(module.parts.get(module.text(found), "")[:200]) is not None
        case _:
            return words.fullmatch(module.text(found)[:200].replace("?.", ".")) is not None


def _leaves(node: Node) -> bool:
    then = node.child_by_field_name("consequence")
    if then is not None and then.type == "statement_block" and then.named_children:
        then = then.named_children[-1]
    return then is not None and then.type in _LEAVING

"""Conditions that decide whether a statement is reached: around it, or of an earlier one that leaves the block."""

from __future__ import annotations

import re
from functools import partial

from tree_sitter import Node

from batten.technologies.express.module import Module

_ENVIRONMENT = re.compile(
    r"env|(?<![a-z])(?:is|in|not)?_?(?:dev|prod)(?:elopment|uction|mode)?(?![a-z])|debug|staging",
    re.IGNORECASE,
)
_ORIGIN = re.compile(r"origin", re.IGNORECASE)
_CHOICES = ("if_statement", "ternary_expression", "binary_expression")
_LEAVING = ("return_statement", "throw_statement")


def _guarded(words: re.Pattern[str], module: Module, node: Node) -> bool:
    if words.pattern not in module.left:
        module.left[words.pattern] = _left(module, words)
    left = module.left[words.pattern]
    while node.parent is not None:
        above = node.parent
        if above.type in _CHOICES and words.search(_condition(module, above)):
            return True
        if left.get(above.id, node.start_byte) < node.start_byte:
            return True
        node = above
    return False


for_the_environment = partial(_guarded, _ENVIRONMENT)
for_the_origin = partial(_guarded, _ORIGIN)


def _condition(module: Module, node: Node) -> str:
    return module.text(node.child_by_field_name("condition") or node.child_by_field_name("left"))


def _left(module: Module, words: re.Pattern[str]) -> dict[int, int]:
    """Where each block is first left by a statement under such a condition."""
    found: dict[int, int] = {}
    for node in module.branches:
        if node.parent is not None and _leaves(node) and words.search(_condition(module, node)):
            found.setdefault(node.parent.id, node.end_byte)
    return found


def _leaves(node: Node) -> bool:
    then = node.child_by_field_name("consequence")
    if then is not None and then.type == "statement_block" and then.named_children:
        then = then.named_children[-1]
    return then is not None and then.type in _LEAVING

"""Code that verifies no certificate only where a setting asks for it: what the setting is, the code does not tell."""

from __future__ import annotations

import re

from tree_sitter import Node

from batten.formats.scripts import Script

_ABOVE = 60  # nodes above one that are looked at
_BEFORE = 600  # characters before one in which its function may have ended without it
# What is said of certificates; "trusted" or "verifyEmail" says nothing of them.
_CHOICE = re.compile(
    r"(?i)insecure|unsafe|self.?signed|skip_?(?:tls|ssl|cert|verif|host)|trust_?(?:all|any|server|every)|(?<![a-z])verify(?![a-z])"
    r"|(?:verif|ignore|trust|reject|check|valid)[a-z]{0,9}_?(?:tls|ssl|cert|host|peer|unauth)"
    r"|(?:tls|ssl|https|cert[a-z]{0,9})_?(?:no_?|skip_?)?(?:verif|ignore|skip|trust|check|valid)|\"(?:tls|ssl)\""
)
_GUARD = re.compile(r"\bif\b([^{};\n]{1,200})(?:\{\s{0,40}|\n\s{0,40}|(?<=\))\s{1,9})return\b")
_CONDITIONS = {
    "if_statement": "condition",
    "if": "condition",
    "if_modifier": "condition",
    "unless": "condition",
    "unless_modifier": "condition",
    "conditional": "condition",
    "conditional_expression": "condition",
    "ternary_expression": "condition",
    "expression_case": "value",
    "switch_case": "value",
}
_FUNCTIONS = ("function_declaration", "method_declaration", "func_literal", "arrow_function")


def chosen(script: Script, node: Node) -> bool:
    """Whether a condition around a node, or one that ends its function before it, names the choice
    (`if cfg.SkipVerify {`, `case "tls":`)."""
    inner, above = node, node.parent
    for _ in range(_ABOVE):
        if above is None:
            return False
        condition = above.child_by_field_name(_CONDITIONS.get(above.type, "condition"))
        asked = above.type in _CONDITIONS and condition is not None and condition != inner
        if asked and condition is not None and _CHOICE.search(script.written(condition)[:300]):
            return True
        if above.type in _FUNCTIONS:
            # Whether the function returns before the node where a setting says so.
            end = script.span(node).start
            before = script.text[max(script.span(above).start, end - _BEFORE) : end]
            left_before = any(_CHOICE.search(found[1]) for found in _GUARD.finditer(before))
            if left_before:
                return True
        inner, above = above, above.parent
    return False


def names_choice(name: str) -> bool:
    """Whether the name of a function says that it turns a check of certificates off (`IgnoreCertificateError`)."""
    return _CHOICE.search(name) is not None

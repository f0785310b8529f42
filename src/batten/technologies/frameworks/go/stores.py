"""Stores that Go code connects to with a password that is written there."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Fact
from batten.technologies.frameworks.go.module import Module
from batten.technologies.shared.secrets import code

_TEXTS = ("interpreted_string_literal", "raw_string_literal")


def stores(module: Module) -> Iterator[Fact]:
    """A fact for each URL, and each password beside the host or the user."""
    for node in module.script.nodes:
        if node.type in _TEXTS:
            text = module.plain(node)
            if isinstance(text, str) and "://" in text:
                name = _name(module, node)
                yield from code.of_url(name, text, module.value(node, name))
    for literal in module.literals:
        fields = module.options(literal)
        for name, value in fields.items():
            plain = module.plain(value) if value.type in _TEXTS else ""
            text = plain if isinstance(plain, str) else ""
            yield from code.of_login(name, text, set(fields), module.value(value, name))


def _name(module: Module, node: Node) -> str:
    """What the literal is given to: a variable, a field, a function."""
    above = node.parent
    while above is not None and above.type in ("argument_list", "expression_list", "literal_element"):
        above = above.parent
    for part in ("name", "key", "left", "function"):
        found = above.child_by_field_name(part) if above is not None else None
        if found is not None:
            return module.text(found).rpartition(".")[2]
    return "URL"

"""Stores that scripts connect to with a password that is written there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Fact
from batten.technologies.frameworks.express.module import Module, pairs
from batten.technologies.shared.secrets import code

_PM2 = re.compile(r"ecosystem.*\.[cm]?js|pm2.*\.config\.c?js")


def stores(module: Module) -> Iterator[Fact]:
    """A fact for each URL, and each password beside the host or the user. Variables of PM2 have a reader of their own."""
    if _PM2.fullmatch(posixpath.basename(module.path)):
        return
    for node in module.script.nodes:
        if node.type in ("string", "template_string"):
            text = _text(module, node)
            if "://" in text:
                name = _name(module, node)
                yield from code.of_url(name, text, module.value(node, name))
        elif node.type == "object":
            entries = dict(pairs(module, node))
            for name, value in entries.items():
                text = _text(module, value) if value.type == "string" else ""
                yield from code.of_login(name, text, set(entries), module.value(value, name))


def _text(module: Module, node: Node) -> str:
    """A literal, with a NUL for each part that is put in."""
    if node.type == "string":
        return module.string(node)
    pieces = ("\0" if c.type == "template_substitution" else module.text(c) for c in node.named_children)
    return "".join(pieces)


def _name(module: Module, node: Node) -> str:
    """What the literal is given to: a variable, an entry, a function."""
    above = node.parent
    while above is not None and above.type in ("arguments", "binary_expression", "parenthesized_expression"):
        left = module.text(above.child_by_field_name("left"))
        if left.startswith("process.env."):
            return left.removeprefix("process.env.")
        above = above.parent
    for part in ("name", "key", "left", "function", "constructor"):
        found = above.child_by_field_name(part) if above is not None else None
        if found is not None:
            return module.text(found).rpartition(".")[2].strip("'\"")
    return "URL"

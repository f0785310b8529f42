"""Credentials that code has as literals: keys that sign tokens, and defaults of settings that hold one; and what handlers
tell of an exception.

Source: https://learn.microsoft.com/dotnet/api/microsoft.identitymodel.tokens.symmetricsecuritykey.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Fact, Feature, Secret
from batten.formats import Workspace
from batten.model import Setting, Span, Switch
from batten.technologies.frameworks.aspnet.code.module import (
    HIGHEST,
    MADE,
    Module,
    argument,
    arguments,
    method_of,
    owner_of,
)
from batten.technologies.frameworks.aspnet.code.reach import Reach, reached
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.evidence import Place

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z\d]+")
_TEXTS = ("string_literal", "verbatim_string_literal", "raw_string_literal")
_SENDERS = frozenset(
    ("Problem", "StatusCode", "BadRequest", "Ok", "Json", "Content", "Text", "WriteAsync", "WriteAsJsonAsync", "InternalServerError", "Conflict", "UnprocessableEntity")
)  # fmt: skip
_MASKED = re.compile(r"(?i)log|trace|console|debug")


def secrets(module: Module) -> Iterator[Secret]:
    """Literals that sign, and those that have the name of such a key."""
    met: set[Span] = set()
    named = [(name, node, Place.CODE) for name, node in _named(module)]
    signing = [(name, node, Place.SETTING) for name, node in (*_signers(module), *_defaults(module))]
    for name, node, place in (*signing, *named):
        literal = _literal(module, node)
        if literal is None or module.script.span(literal) in met:
            continue
        met.add(module.script.span(literal))
        held = credentials.found(name, module.string(literal), place)
        if held is not None and held.signs:
            yield credentials.secret(module.value(literal, name), name, held, "code")


def _signers(module: Module) -> Iterator[tuple[str, Node]]:
    """`new SymmetricSecurityKey(Encoding.UTF8.GetBytes("…"))`."""
    for made in module.made:
        if module.type_of(made) == "SymmetricSecurityKey" and (key := argument(made, 0, "key")) is not None:
            yield "JWT_SECRET", key


def _named(module: Module) -> Iterator[tuple[str, Node]]:
    for scope in module.scopes.values():
        for word, node in scope.names.items():
            name = "_".join(_WORD.findall(word[:200])).upper()
            if node is not None and credentials.signing_name(name):
                yield name, node


def _defaults(module: Module) -> Iterator[tuple[str, Node]]:
    """`configuration["Jwt:Key"] ?? "…"`."""
    for node in module.script.nodes:
        if node.type != "binary_expression" or module.text(node.child_by_field_name("operator")) != "??":
            continue
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None and left.type == "element_access_expression":
            listed = left.child_by_field_name("subscript")
            found = (
                [c.named_children[-1] for c in listed.named_children if c.named_children]
                if listed is not None
                else []
            )
            word = module.string(next(iter(found), None))
            name = "_".join(part for one in word[:200].split(":") for part in _WORD.findall(one)).upper()
            if name:
                yield name, right


def _literal(module: Module, node: Node) -> Node | None:
    """The literal that is written: bare, by a name, or as `Encoding.UTF8.GetBytes("…")`."""
    made = module.resolved(node)
    if made is not None and made.type == "invocation_expression" and method_of(module, made) in ("GetBytes", "FromBase64String"):  # fmt: skip
        made = module.resolved(argument(made, 0))
    return made if made is not None and made.type in _TEXTS else None


def traces(module: Module, workspace: Workspace) -> Iterator[Feature]:
    """`Results.Problem(exception.ToString())`, and `.StackTrace` in what a handler answers."""
    for node in module.script.nodes:
        if node.type == "member_access_expression":
            tells = module.text(node.child_by_field_name("name")) == "StackTrace"
        else:
            owner = (
                owner_of(node)
                if node.type == "invocation_expression" and method_of(module, node) == "ToString"
                else None
            )
            tells = owner is not None and not arguments(node) and _caught(module, owner)
        if not tells:
            continue
        sender = _sender(module, node)
        if sender is not None and reached(module, sender, workspace) in (Reach.ALWAYS, Reach.PRODUCTION, Reach.UNSEEN, Reach.SOMETIMES) and not _chosen(module, node):  # fmt: skip
            at = module.value(node, "exception")
            yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), "stack traces")


def _caught(module: Module, name: Node) -> bool:
    """Whether a name is that of the exception of a `catch` around it."""
    above, word = name.parent, module.text(name)
    while above is not None:
        if above.type == "catch_clause":
            held = next((c for c in above.named_children if c.type == "catch_declaration"), None)
            return held is not None and module.text(held.child_by_field_name("name")) == word
        above = above.parent
    return False


def _sender(module: Module, node: Node) -> Node | None:
    """The call that answers with what a node is a part of."""
    above, steps = node.parent, 0
    while above is not None and steps < HIGHEST and not above.type.endswith("_statement"):
        if above.type == "invocation_expression":
            if method_of(module, above) in _SENDERS and not _MASKED.search(module.text(owner_of(above))):
                return above
            return None
        if above.type not in ("argument", "argument_list", "binary_expression", "anonymous_object_creation_expression", "interpolation", "interpolated_string_expression", "initializer_expression", "assignment_expression", *MADE):  # fmt: skip
            return None
        above, steps = above.parent, steps + 1
    return None


_MODE = re.compile(r"(?i)isdevelopment|debug|environment")


def _chosen(module: Module, node: Node) -> bool:
    """Whether a condition on the environment decides."""
    above = node.parent
    while above is not None:
        condition = above.child_by_field_name("condition") if above.type in ("if_statement", "conditional_expression") else None  # fmt: skip
        if condition is not None and _MODE.search(module.text(condition)[:400]):
            return True
        above = above.parent
    return False


def held(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """Both."""
    yield from secrets(module)
    yield from traces(module, workspace)

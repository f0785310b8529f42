"""`guard:` in batten.yaml: what the guard does where the contract leaves it open."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from batten.formats import Node
from batten.policy.guarding import Guarding, ReadOnly, Undeclared, UndeclaredQuery, Unjudged
from batten.policy.reading import Fields

Choice = TypeVar("Choice", bound=Enum)
CHOICES: dict[str, type[Enum]] = {
    "read-only": ReadOnly,
    "undeclared-answer-headers": Undeclared,
    "unjudged-bodies": Unjudged,
    "undeclared-query": UndeclaredQuery,
}


def guarding(fields: Fields, node: Node | None) -> Guarding:
    """Of the same rows as the guard's leniency, which checks their names. Raises PolicyProblem."""
    default = Guarding()
    if node is None:
        return default
    made = fields.mapping(node, "guard")
    return Guarding(
        read_only=_chosen(fields, made["read-only"], default.read_only),
        undeclared_answer_headers=_chosen(
            fields, made["undeclared-answer-headers"], default.undeclared_answer_headers
        ),
        unjudged_bodies=_chosen(fields, made["unjudged-bodies"], default.unjudged_bodies),
        undeclared_query=_chosen(fields, made["undeclared-query"], default.undeclared_query),
    )


def _chosen(fields: Fields, node: Node | None, default: Choice) -> Choice:
    if node is None:
        return default
    text = fields.string(node)
    for member in type(default):
        if member.value == text:
            return member
    words = ", ".join(str(member.value) for member in type(default))
    fields.complain(node, f"'{text}' is not a choice here", f"write one of: {words}")

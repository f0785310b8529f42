"""The rows `guard:` of batten.yaml."""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeVar

from batten.formats import Node, Scalar
from batten.policy.leniency import Framework, Leniency, Relaxation, UndeclaredErrors
from batten.policy.load_guarding import CHOICES
from batten.policy.nearest import meant
from batten.policy.reading import Fields

KEYS = (
    "framework",
    "undeclared-errors",
    "formats",
    "pass",
    "websockets",
    "relax",
    "rates",
    "services",
    *CHOICES,
)
RELAXED = ("rule", "operation", "status", "format", "why")
FORMATS = ("judged", "relaxed")
SHORTEST = 4  # characters of a reason
SOCKET = re.compile(r"/[^\x00-\x20\x7f?#\\]*")

Choice = TypeVar("Choice", bound=Enum)


def leniency(fields: Fields, node: Node | None) -> Leniency:
    """Raises PolicyProblem."""
    if node is None:
        return Leniency()
    top = fields.mapping(node, "guard", KEYS)
    formats = fields.string(top["formats"], "judged")
    if formats not in FORMATS:
        fields.complain(
            top["formats"] or top, f"'{formats}' is not a choice of formats", "write judged or relaxed"
        )
    paths_node = top["websockets"]
    paths: list[str] = []
    for template in fields.strings(paths_node):
        if paths_node is not None and not SOCKET.fullmatch(template):
            message = f"{template!r} is not a path that clients can ask for"
            fields.complain(paths_node, message, "write it with its base path, as in /v1/rooms/{id}")
        paths.append(template)
    relaxations: list[Relaxation] = []
    for item in fields.items(top["relax"], "relax"):
        row = fields.mapping(item, "a relaxation", RELAXED)
        _, line = fields.placed("", item)
        why = row["why"]
        if not isinstance(why, Scalar) or not isinstance(why.value, str) or len(why.value) < SHORTEST:
            fields.complain(why or item, "a relaxation needs a reason", "write `why: the reason`")
        relaxations.append(
            Relaxation(
                why=why.value,
                rule=fields.string(row["rule"]),
                operation=fields.string(row["operation"]),
                status=fields.string(row["status"]),
                format=fields.string(row["format"]),
                at=f"{fields.file.path}:{line}",
            )
        )
    return Leniency(
        framework=_one_of(fields, top["framework"], Framework),
        undeclared_errors=_one_of(fields, top["undeclared-errors"], UndeclaredErrors),
        formats=formats == "judged",
        also=fields.strings(top["pass"]),
        websockets=tuple(paths),
        relaxations=tuple(relaxations),
    )


def _one_of(fields: Fields, node: Node | None, choices: type[Choice]) -> Choice | None:
    if node is None:
        return None
    written, known = fields.string(node), [choice.value for choice in choices]
    if written not in known:
        fields.complain(
            node,
            f"'{written}' is not one of its choices",
            meant(written, known, f"write one of {', '.join(known)}"),
        )
    return choices(written)

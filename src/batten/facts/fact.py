from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from batten.model import Context, Location
from batten.model.record import record

F = TypeVar("F", bound="Fact")


@record
class Fact:
    """The root of all facts. `at` names the thing; its pointer is the thing's identity by name."""

    at: Location


def in_context(fact: F, context: Context | None) -> F:
    """The fact, where its structure shows what it is for; None leaves that to the path."""
    return fact if context is None else replace(fact, at=replace(fact.at, context=context))

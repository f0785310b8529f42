"""What a folder shows of a deployment, while it is looked through."""

from __future__ import annotations

from dataclasses import dataclass, field

from batten.engine.hardening.asked import Asked


@dataclass(slots=True, kw_only=True)
class Shown:
    """`missing` are sentences about what must be said first; where there are any, `asked` is not whole."""

    asked: Asked
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How bad a violation is in the worst place; reach may lower it, never raise it."""

    INFO, LOW, MEDIUM, HIGH, CRITICAL = range(5)

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> Severity:
        """The severity written `label`; `ValueError` names the choices."""
        try:
            return cls[label.upper()]
        except KeyError:
            choices = ", ".join(s.label for s in cls)
            raise ValueError(f"{label!r} is not a severity; choose from {choices}") from None

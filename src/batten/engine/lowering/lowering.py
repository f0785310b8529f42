from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import Enum

from batten.engine.baseline import Baseline
from batten.model import Finding, Location, Severity
from batten.model.record import record


@record
class Brought:
    """A baseline as the change has it, and its path from the top of the repository."""

    path: str
    baseline: Baseline


class Kind(Enum):
    """What is lowered; the value is a case of `policy-not-lowered`."""

    CONTROL = "control-lowered"
    GATE = "gate-raised"
    IGNORED = "files-ignored"
    CONTEXT = "context-changed"
    WAIVED = "finding-waived"
    DECLARED = "declaration-changed"
    ENVIRONMENT = "environment-reduced"
    UNREAD = "file-unread"
    REPLACED = "policy-replaced"
    MILDER = "finding-milder"  # by what other files show: told only


@record(kw_only=True)
class Lowering:
    """Something that reports less than before. `keys` lead to its row in batten.yaml; `at` is its place where it is known already.
    `weight` is the most that it can hide, `hides` tells of a finding that the base reports whether it does; `needs` is the part of
    the policy that has to be laid over the base's to see it."""

    kind: Kind
    subject: str  # a control, a key, a glob, a path
    before: str
    after: str
    weight: Severity
    keys: tuple[str, ...] = ()
    at: Location | None = None
    hides: Callable[[Finding], bool] | None = field(default=None, compare=False, repr=False)
    hidden: tuple[Finding, ...] = field(default=(), compare=False, repr=False)  # or made milder
    needs: str = ""

    @property
    def identity(self) -> tuple[Kind, str, str]:
        """The same where two pairs of policies show the same lowering."""
        return self.kind, self.subject, self.after

"""Which target of `batten harden` renders what replaces the file of a finding, clean by every control."""

from __future__ import annotations

from functools import cache

from batten.controls import judges_of
from batten.harden import targets
from batten.model import Finding

# Technologies whose target has another name; all others that have one are named alike.
_TARGETS = {"terraform": "terraform-aws"}
# A rendered file has these, or leaves them as they are: what the image is, what a value of a secret is, and what is not in it.
_NOT = frozenset(("secrets", "images", "patches", "pipelines", "contract", "contacts", "governance"))
# A deployment has one application and the stores that batten renders, so not every store that a file has.
_STORES = frozenset(("stores", "store_settings"))


def target_of(finding: Finding) -> str:
    """The target, or "" where none resolves it."""
    if finding.environment or finding.credential or not finding.technology:
        return ""
    name = _TARGETS.get(finding.technology, finding.technology)
    control = next(judges_of(finding.control), None)
    left = _NOT | _STORES if name in targets.DEPLOYMENTS else _NOT
    known = control is not None and control.family not in left
    fits = name != "terraform-aws" or "aws_" in finding.at.pointer
    return name if known and fits and name in _offered() else ""


@cache
def _offered() -> frozenset[str]:
    return frozenset(targets.offered())

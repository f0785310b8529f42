"""What was found, as steps: each with what it resolves, how it is done, and what it could break. Progress is derived from the
files, so nothing is kept beside them."""

from __future__ import annotations

from batten.engine.plan.making import plan_of
from batten.engine.plan.steps import Plan, Step, Way

__all__ = ("Plan", "Step", "Way", "plan_of")

"""batten.yaml: environments, origins, floors, waivers."""

from batten.policy.policy import Environment, Policy, PolicyProblem, Waiver

__all__ = ["Environment", "Policy", "PolicyProblem", "Waiver"]

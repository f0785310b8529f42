"""batten.yaml: environments, origins, floors, waivers."""

from batten.policy.policy import NAME, Environment, Policy, PolicyProblem, Waiver, find_policy

__all__ = ["NAME", "Environment", "Policy", "PolicyProblem", "Waiver", "find_policy"]

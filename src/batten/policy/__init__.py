"""batten.yaml: environments, origins, floors, waivers, and controls of one's own."""

from batten.policy.custom import Custom
from batten.policy.policy import NAME, Environment, Policy, PolicyProblem, Waiver, find_policy

__all__ = ["NAME", "Custom", "Environment", "Policy", "PolicyProblem", "Waiver", "find_policy"]

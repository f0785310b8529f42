"""batten.yaml: environments, origins, floors, waivers, and controls of one's own."""

from batten.policy.contexts import DEFAULTS, Rule
from batten.policy.custom import Custom
from batten.policy.policy import NAME, Environment, Policy, PolicyProblem, Waiver, find_policy

__all__ = [
    "DEFAULTS",
    "NAME",
    "Custom",
    "Environment",
    "Policy",
    "PolicyProblem",
    "Rule",
    "Waiver",
    "find_policy",
]

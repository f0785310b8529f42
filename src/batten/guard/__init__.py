"""The contract, enforced on live traffic: pure decisions, and carriers that bring requests to them."""

from batten.guard.compiled import Compiled, compile_contract
from batten.guard.options import GuardProblem, Limits, Mode, Options, Rule
from batten.guard.tally import Count, Tally

__all__ = [
    "Compiled",
    "Count",
    "GuardProblem",
    "Limits",
    "Mode",
    "Options",
    "Rule",
    "Tally",
    "compile_contract",
]

"""A locked-down deployment, rendered from a contract and a policy. Pure: text in, text out."""

from batten.harden.options import HardenProblem, Options

__all__ = ["HardenProblem", "Options"]

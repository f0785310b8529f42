"""Headers by what the paths of an engine serve, as the hardened edges have them."""

from __future__ import annotations

from collections.abc import Iterable

from batten.contract import Contract
from batten.guard.export.routes import Route
from batten.guard.senders.hosts import server_names
from batten.harden.edge import served_names
from batten.harden.kinds import Kind, kinds
from batten.policy import Policy


def kinds_of(contract: Contract, policy: Policy, found: Iterable[Route]) -> dict[str, Kind]:
    """By template. An engine may serve any host: then what the policy says of all hosts counts. Raises HardenProblem."""
    names = server_names(policy.hosts) or served_names(contract) or ("",)
    return kinds(policy, names, (route.path for route in found))

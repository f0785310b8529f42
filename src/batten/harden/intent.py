"""All that a target is rendered from."""

from __future__ import annotations

from batten.contract import Contract
from batten.harden.edge import Edge, edge_of
from batten.harden.options import Options
from batten.harden.stack import Stack
from batten.model.record import record
from batten.policy import Policy


@record
class Intent:
    """`local_ca` asks for certificates of an authority of its own, for development; else ACME or files are expected."""

    contract: Contract
    policy: Policy
    options: Options
    stack: Stack = Stack()
    local_ca: bool = False

    @property
    def edge(self) -> Edge:
        """Raises HardenProblem."""
        return edge_of(self.contract, self.policy, self.options)

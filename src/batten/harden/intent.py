"""All that a target is rendered from."""

from __future__ import annotations

from batten.contract import Contract
from batten.harden.acme import Acme
from batten.harden.edge import Edge, edge_of
from batten.harden.options import Options
from batten.harden.stack import Stack
from batten.model.record import record
from batten.policy import Policy


@record
class Intent:
    """`local_ca` asks for certificates of an authority of its own, for development, `acme` for those of a public one; without
    either they are expected as files."""

    contract: Contract
    policy: Policy
    options: Options
    stack: Stack = Stack()
    local_ca: bool = False
    acme: Acme | None = None

    @property
    def edge(self) -> Edge:
        """Raises HardenProblem."""
        return edge_of(self.contract, self.policy, self.options, self.acme)

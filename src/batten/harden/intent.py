"""All that a target is rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.contract import Contract
from batten.harden.acme import Acme
from batten.harden.edge import Edge, edge_of
from batten.harden.options import Options
from batten.harden.program import Program
from batten.harden.stack import Stack
from batten.model.record import record
from batten.policy import Policy


@record
class Intent:
    """`local_ca` asks for certificates of an authority of its own, for development, `acme` for those of a public one; without
    either they are expected as files.

    `program` is what an image of the application is built from, `images` by digest those of its stages; `withheld` are globs of
    the files that no image may hold."""

    contract: Contract
    policy: Policy
    options: Options
    stack: Stack = Stack()
    local_ca: bool = False
    acme: Acme | None = None
    program: Program = Program()
    images: Mapping[str, str] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()

    @property
    def edge(self) -> Edge:
        """Raises HardenProblem."""
        return edge_of(self.contract, self.policy, self.options, self.acme)

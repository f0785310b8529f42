"""What answers at an origin, as far as its answers show it."""

from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.model.record import record


class Stage(Enum):
    """Where on the way of a request a technology is; in the order in which requests pass them."""

    NETWORK = "network"  # of a provider: CDN, load balancer, gateway as a service
    EDGE = "edge"
    SERVER = "server"  # that runs an application
    FRAMEWORK = "framework"  # that an application is written with


@record(kw_only=True)
class Recognised(Fact):
    """A technology that answers at the origin `at.source`; `evidence` completes "shown by …"."""

    name: str  # as the row has it: "nginx"
    title: str  # as its vendor writes it
    stage: Stage
    evidence: tuple[str, ...]
    version: str = ""
    certain: bool = True  # False: others may answer in the same way
    first: bool = False  # it answered what only the first server on the way reads

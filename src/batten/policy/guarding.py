"""What the guard does where the contract leaves it open."""

from __future__ import annotations

from enum import Enum

from batten.model.record import record


class ReadOnly(Enum):
    """What becomes of a request that sets a readOnly property, or of an answer with a writeOnly one."""

    REFUSE = "refuse"
    STRIP = "strip"  # of requests; of answers it refuses
    PASS = "pass"


class Undeclared(Enum):
    """What becomes of what the contract does not declare."""

    PASS = "pass"
    OBSERVE = "observe"  # it passes, and is counted
    STRIP = "strip"


class UndeclaredQuery(Enum):
    """What becomes of query parameters that the contract does not declare."""

    OBSERVE = "observe"  # they pass, and are counted
    REFUSE = "refuse"
    STRIP = "strip"


class Unjudged(Enum):
    """What becomes of a body that has a schema, and whose media type the guard cannot read."""

    REFUSE = "refuse"
    STREAM = "stream"


@record
class Guarding:
    read_only: ReadOnly = ReadOnly.REFUSE
    undeclared_answer_headers: Undeclared = Undeclared.PASS
    unjudged_bodies: Unjudged = Unjudged.REFUSE
    undeclared_query: UndeclaredQuery = UndeclaredQuery.OBSERVE

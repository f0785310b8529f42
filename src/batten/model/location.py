from __future__ import annotations

from dataclasses import KW_ONLY, field
from enum import Enum

from batten.model.context import Context
from batten.model.record import record


@record
class Span:
    """Half-open range of character offsets into a document's text."""

    start: int
    end: int


class Kind(Enum):
    """What a location's span covers, which tells a writer what an edit there means.

    VALUE is text to replace (a directive, a scalar). BLOCK is where something is missing: the whole
    block that should hold it. WIRE has no span: it was seen in an exchange.
    """

    __hash__ = object.__hash__  # a member is itself alone, and places are looked up by the thousand

    VALUE = "value"
    BLOCK = "block"
    WIRE = "wire"


@record
class Exchange:
    """What was sent and what came back, secrets redacted, long bodies cut: evidence of a live finding."""

    request: str
    response: str


@record
class Location:
    """Where something is said. `pointer` is by name, never by index where there is a name:
    `server[api.example.com]/location[/v1]/add_header[X-Frame-Options]`, `services[api]/ports`."""

    source: str  # a path below the root, "/" between parts; or a URL
    pointer: str
    span: Span | None = None
    _: KW_ONLY
    kind: Kind = Kind.VALUE
    exchange: Exchange | None = None
    through: tuple[Location, ...] = field(default=(), compare=False)  # who calls it so, the nearest first
    # Only where the structure shows it (a profile, a build stage); of all else the path tells (`engine/contexts`).
    context: Context | None = field(default=None, compare=False)

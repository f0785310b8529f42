from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


class OriginKind(Enum):
    EXACT = "exact"  # one origin, written out
    ANY = "any"  # "*"
    REFLECTED = "reflected"  # whatever the request says is echoed
    CHOSEN = "chosen"  # another part of the request is echoed, which pages of any origin write
    PATTERN = "pattern"  # a regular expression over the request's Origin
    NULL = "null"


@record
class OriginRule:
    kind: OriginKind
    text: Setting[str]  # the origin, or the pattern as written
    anchored_start: bool = True  # a PATTERN is matched from the start of the Origin …
    anchored_end: bool = True  # … and to its end, by its own anchors or by how it is matched


@record(kw_only=True)
class CorsPolicy(Fact):
    """Who may read answers from a browser on another origin, as configured in one place.

    `origins.value` is ABSENT where no cross-origin reading is allowed at all.
    """

    origins: Setting[tuple[OriginRule, ...]]
    credentials: Setting[bool]
    methods: Setting[tuple[str, ...]]
    headers: Setting[tuple[str, ...]]
    varies: Setting[bool]  # Vary: Origin is sent when the answer depends on it
    public: bool = False  # holds only what is public anyway (images, fonts)
    store: bool = False  # of an object store: clients sign requests, and what they send decides which headers

"""Names of undeclared parameters that may be counted: few, and none that may be somebody's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.masking import filtered

MOST = 50  # of one operation; clients choose them, so there must be an end
OTHERS = "(others)"
_NAME = re.compile(r"[A-Za-z_$@][A-Za-z_.$-]{0,40}[0-9]{0,2}")


@dataclass(slots=True)
class Names:
    _told: set[str] = field(default_factory=set)

    def told(self, name: str) -> str:
        """The name as it is counted: itself if it reads like one that a programmer gave, without what is in its
        brackets."""
        head, bracket, _ = name.partition("[")
        shown = f"{head}[]" if bracket else head
        if shown not in self._told:
            if len(self._told) >= MOST or not _NAME.fullmatch(head) or filtered(head) != head:
                return OTHERS
            self._told.add(shown)
        return shown

"""Names of undeclared parameters that may be counted: few, and none that may be somebody's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.guard.traffic.plain_names import is_plain
from batten.masking import filtered

MOST = 50  # of one operation; clients choose them, so there must be an end
OTHERS = "(others)"
_NAME = re.compile(r"[$@]?([A-Za-z_-]{1,32})(?:\.[A-Za-z_-]{1,32})?[0-9]{0,2}")


@dataclass(slots=True)
class Names:
    _told: set[str] = field(default_factory=set)

    def told(self, name: str) -> str:
        """The name as it is counted: itself if it reads like one that a programmer gave, without what is in its
        brackets."""
        head, bracket, _ = name.partition("[")
        shown = f"{head}[]" if bracket else head
        if shown not in self._told:
            if len(self._told) >= MOST or not _is_plain(head):
                return OTHERS
            self._told.add(shown)
        return shown


def _is_plain(name: str) -> bool:
    found = _NAME.fullmatch(name)
    return found is not None and is_plain(found[1]) and filtered(name) == name

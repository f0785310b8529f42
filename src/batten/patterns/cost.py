"""What an expression can cost Python's backtracking engine at most, for what RE2 cannot express.

A repeat tries as many lengths as the text has characters, a branch each alternative, and what stands in a row multiplies. A
repeat without an end around anything that has a choice has no bound worth the name.
"""

from __future__ import annotations

import math
from typing import Any

from batten.patterns.syntax import Items, parts_of, walk

AFFORDED = 500_000  # steps; about ten milliseconds
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def steps(items: Items, length: int) -> float:
    """At most so many steps for a search in a text of that length; infinity when nothing bounds them."""
    anchored = bool(items) and str(items[0][1]) in ("AT_BEGINNING_STRING", "AT_BEGINNING")
    starts = 1 if anchored else length + 1
    return starts * _ways(items, length) * (1 + sum(1 for _ in walk(items)))


def _ways(items: Items, length: int) -> float:
    return math.prod(_choices(str(name), value, length) for name, value in items)


def _choices(name: str, value: Any, length: int) -> float:
    inner = parts_of(name, value)
    if name == "BRANCH":
        return sum(_ways(branch, length) for branch in inner)
    within = math.prod(_ways(part, length) for part in inner)
    if name == "GROUPREF":
        return length + 1  # it is compared letter by letter
    if name not in _REPEATS:
        return within
    least, most = min(int(value[0]), length + 1), min(int(value[1]), length + 1)
    if within > 1:
        return math.inf if most > 8 else (within + 1) ** most
    return max(most, least) + 1

"""Amounts of memory, as Docker and Kubernetes write them."""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_STEPS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def octets(text: str) -> float | None:
    """The bytes of an amount, with the larger of both meanings of its unit; None where it is no amount."""
    found = _AMOUNT.fullmatch(text.strip())
    return float(found[1]) * 1024 ** _STEPS[found[2].lower()] if found is not None else None


def less(one: str, other: str) -> bool:
    """Whether an amount is, or may be, less than another."""
    left, right = octets(one), octets(other)
    return left is None or right is None or left < right

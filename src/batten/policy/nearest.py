"""Names that a wrong one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 100  # characters of a name that is compared


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that are like it, the most alike first."""
    return get_close_matches(name[:LONGEST], list(known), most)


def similar(name: str, known: Iterable[str]) -> str:
    """`did you mean nginx?`, or all there are."""
    names = list(known)
    near = nearest(name, names)
    return f"did you mean {', '.join(near)}?" if near else f"choose from {', '.join(sorted(names))}"

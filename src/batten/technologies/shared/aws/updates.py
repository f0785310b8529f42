"""What a changed key does to the resource that has it already: `updates.txt` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache

from batten.files.own import own_text

_FILE = "technologies/shared/aws/updates.txt"


class Update(Enum):
    IN_PLACE = "in-place"
    ANEW = "anew"  # made anew, and nothing is lost with the one before
    REPLACES = "replaces"  # what the resource holds is lost with it


@cache
def updates() -> Mapping[tuple[str, str], Update]:
    """By the type of a resource, in either language, and the path of a key with its blocks."""
    lines = (own_text(_FILE) or "").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {(type_, key): Update(kind) for kind, type_, key in rows}

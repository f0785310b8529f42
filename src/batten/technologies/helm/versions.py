"""`semverCompare`: https://github.com/Masterminds/semver says what its constraints mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batten.technologies.helm.values import UNKNOWN_VALUE, Value


def compared(arguments: Sequence[Value]) -> Value:
    """A constraint against a version: comparisons, ranges with blanks and commas, alternatives with ||."""
    version = _version(arguments[1].text)
    if version is None:
        return UNKNOWN_VALUE
    answers = [_constraints(part, version) for part in arguments[0].text.split("||")]
    return UNKNOWN_VALUE if None in answers else Value(any(answers))


def _constraints(text: str, version: tuple[int, ...]) -> bool | None:
    for mark, number in re.findall(r"([<>=!^~]*)\s*v?(\d[\w.+-]*)", text):
        wanted = _version(number)
        holds = {
            ">=": lambda w: version >= w, ">": lambda w: version > w, "<=": lambda w: version <= w,
            "<": lambda w: version < w, "=": lambda w: version == w, "": lambda w: version == w,
            "!=": lambda w: version != w, "^": lambda w: version >= w and version[0] == w[0],
            "~": lambda w: version >= w and version[:2] == w[:2],
        }.get(mark)  # fmt: skip
        if wanted is None or holds is None:
            return None
        if not holds(wanted):
            return False
    return True


def _version(text: str) -> tuple[int, ...] | None:
    found = re.match(r"v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?", text)
    return tuple(int(g or 0) for g in found.groups()) if found else None

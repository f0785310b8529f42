"""The order of Composer's versions: a version becomes four numbers, a stability and its numbers, as Composer normalises it.

Sources: https://getcomposer.org/doc/articles/versions.md, https://www.php.net/version_compare (dev, alpha, beta, RC, the
release, pl).
"""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"v?(?P<numbers>\d{1,14}(?:\.\d{1,14}){0,3})"
    r"(?:[._-]?(?P<stability>stable|beta|b|rc|alpha|a|patch|pl|p)(?P<times>[.-]?\d{1,14}(?:[.-]\d{1,14}){0,3})?)?"
    r"(?P<dev>[.-]?dev)?(?:\+\S*)?",
    re.IGNORECASE,
)
_RANKS = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "stable": 4, "patch": 5, "pl": 5, "p": 5}
_DEV, _STABLE = 0, 4
Key = tuple[tuple[int, ...], int, tuple[int, ...], int]


def composer_version(text: str) -> Key:
    """What Composer's versions are compared by. Raises ValueError for what has no order, such as a branch."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    numbers = [int(part) for part in found["numbers"].split(".")]
    numbers += [0] * (4 - len(numbers))
    rank = _RANKS[found["stability"].lower()] if found["stability"] else _STABLE
    times = () if rank == _STABLE else tuple(int(n) for n in re.findall(r"\d+", found["times"] or ""))
    if found["dev"] and rank == _STABLE:
        rank = _DEV
    return tuple(numbers), rank, times, 0 if found["dev"] else 1

"""The order of Alpine's versions: `number{.number}{letter}{_suffix{number}}{~hash}{-r#}`.

Sources: apk-package(5), https://wiki.alpinelinux.org/wiki/APKBUILD_Reference (pkgver), and the specification of Gentoo's versions
that apk follows (https://projects.gentoo.org/pms/8/pms.html#version-comparison), by which a number with a leading zero is a fraction.
"""

from __future__ import annotations

import re
from functools import total_ordering
from itertools import zip_longest
from typing import TypeVar

T = TypeVar("T")

_VERSION = re.compile(
    r"(?P<numbers>\d{1,20}(?:\.\d{1,20}){0,15})(?P<letter>[a-z]?)(?P<suffixes>(?:_[a-z]{1,5}\d{0,20}){0,4})(?:~[0-9a-f]{1,64})?(?:-r(?P<build>\d{1,9}))?"
)
_BEFORE = ("alpha", "beta", "pre", "rc")
_AFTER = ("cvs", "svn", "git", "hg", "p")
_NONE = (0, 0)  # no suffix: after the first group, and before the second


@total_ordering
class ApkVersion:
    """One version of an Alpine package. Raises ValueError for what is not one."""

    def __init__(self, text: str) -> None:
        found = _VERSION.fullmatch(text)
        if found is None:
            raise ValueError(text)
        self._numbers = found["numbers"].split(".")
        self._rest = (
            found["letter"],
            [_suffix(one) for one in found["suffixes"].split("_")[1:]],
            int(found["build"] or "0"),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApkVersion) and self._compared(other) == 0

    def __lt__(self, other: ApkVersion) -> bool:
        return self._compared(other) < 0

    def __hash__(self) -> int:
        return hash(int(self._numbers[0]))

    def _compared(self, other: ApkVersion) -> int:
        first = int(self._numbers[0]), int(other._numbers[0])
        steps = [_sign(*first)]
        steps += [_parts(a, b) for a, b in zip_longest(self._numbers[1:], other._numbers[1:])]
        (letter, suffixes, build), (letter2, suffixes2, build2) = self._rest, other._rest
        steps.append(_sign(letter, letter2))
        steps += [_sign(a, b) for a, b in zip_longest(suffixes, suffixes2, fillvalue=_NONE)]
        steps.append(_sign(build, build2))
        return next((step for step in steps if step), 0)


def _suffix(text: str) -> tuple[int, int]:
    word = text.rstrip("0123456789")
    number = int(text[len(word) :] or "0")
    if word in _BEFORE:
        return _BEFORE.index(word) - len(_BEFORE), number
    return _AFTER.index(word) + 1, number


def _parts(one: str | None, other: str | None) -> int:
    """Two numbers behind a dot. None is a version that has fewer."""
    if one is None or other is None:
        return (one is not None) - (other is not None)
    if one.startswith("0") or other.startswith("0"):
        return _sign(one.rstrip("0"), other.rstrip("0"))
    return _sign(int(one), int(other))


def _sign(one: T, other: T) -> int:
    return int(one > other) - int(one < other)  # type: ignore[operator]

"""Whether an advisory affects a version, and which later version it no longer affects.

The evaluation is OSV's (https://ossf.github.io/osv-schema/#evaluation): a version is affected if the advisory lists it, or if it
lies in one of the ranges. Where versions cannot be compared the answer is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key, partial

from batten.advisories.records import Entry, Range
from batten.advisories.versions import Incomparable, order, semver_order

MOST_EVENTS = 20_000  # of one entry; an advisory of a kernel has hundreds
MOST_TRIED = 64  # versions that are tried as the one that fixes all
Order = Callable[[str, str], int]
_RANK = {"introduced": 0, "last_affected": 1, "fixed": 2, "limit": 3}  # at one version


def affects(entry: Entry, ecosystem: str, version: str) -> bool | None:
    """Whether the version has what the entry describes; None where its order among the versions is not known."""
    if version in entry.versions:
        return True
    told = [
        _inside(one, version, semver_order if one.semver else partial(order, ecosystem))
        for one in entry.ranges
    ]
    if True in told:
        return True
    return None if None in told else _listed(entry, ecosystem, version)


def _listed(entry: Entry, ecosystem: str, version: str) -> bool:
    """Whether the entry lists the version in another spelling, where its list is all that it has."""
    if entry.ranges:
        return False
    for one in entry.versions[:MOST_EVENTS]:
        try:
            if order(ecosystem, one, version) == 0:
                return True
        except Incomparable:
            continue
    return False


def _inside(one: Range, version: str, compare: Order) -> bool | None:
    """Whether the version lies in the range."""
    if len(one.events) > MOST_EVENTS:
        return None
    try:
        limits = [at for what, at in one.events if what == "limit"]
        if limits and not any(at == "*" or compare(version, at) < 0 for at in limits):
            return False
        inside = False
        for what, at in _sorted(one, compare):
            inside = _after(inside, what, at, version, compare)
        return inside
    except Incomparable:
        return None


def _sorted(one: Range, compare: Order) -> list[tuple[str, str]]:
    def ordered(a: tuple[str, str], b: tuple[str, str]) -> int:
        if "0" in (a[1], b[1]) and a[1] != b[1]:
            return -1 if a[1] == "0" else 1
        by_version = 0 if a[1] == b[1] else compare(a[1], b[1])
        return by_version or _RANK[a[0]] - _RANK[b[0]]

    return sorted((event for event in one.events if event[0] != "limit"), key=cmp_to_key(ordered))


def _after(inside: bool, what: str, at: str, version: str, compare: Order) -> bool:
    """Whether the version is affected once this event is taken in."""
    match what:
        case "introduced":
            return inside or at == "0" or compare(version, at) >= 0
        case "fixed":
            return inside and (at != "0" and compare(version, at) < 0)
        case _:
            return inside and compare(version, at) <= 0


def repair(entries: Iterable[Entry], ecosystem: str, version: str) -> str:
    """The smallest later version that none of these entries affects; "" where none is published."""
    kept = list(entries)
    # The versions after this one in which something is fixed.
    later: set[str] = set()
    for later_entry in kept:
        for at in (at for one in later_entry.ranges for what, at in one.events if what == "fixed"):
            try:
                if order(ecosystem, at, version) > 0:
                    later.add(at)
            except Incomparable:
                continue
    tried = sorted(later, key=cmp_to_key(partial(order, ecosystem)))
    for candidate in _possible(tried, kept)[:MOST_TRIED]:
        if all(affects(entry, ecosystem, candidate) is False for entry in kept):
            return candidate
    return ""


def _possible(tried: list[str], entries: list[Entry]) -> list[str]:
    """The versions from the first that may fix all: that comes not before the first fix of each entry."""
    place = {version: number for number, version in enumerate(tried)}
    start = 0
    for entry in entries:
        fixes = (at for one in entry.ranges for what, at in one.events if what == "fixed")
        first = min((place[at] for at in fixes if at in place), default=None)
        if first is None:
            return []
        start = max(start, first)
    return tried[start:]

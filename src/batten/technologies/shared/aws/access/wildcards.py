"""Words with `*` and `?`, as actions, resources and condition values have them."""

from __future__ import annotations

from functools import lru_cache

from batten.patterns import fits

_ANY, _ONE = "\ue000" * 48, "\ue001"  # stand for what a star and a question mark of the inner pattern may be
_MOST = 20_000  # steps of a comparison of two patterns


def like(text: str, pattern: str) -> bool:
    """Whether a text has the shape; a bracket is itself."""
    return fits(text, pattern.replace("[", "[[]")) if varies(pattern) else text == pattern


def varies(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def contains(outer: str, inner: str) -> bool:
    """Whether every text of the inner shape has the outer one."""
    one = inner.replace("?", _ONE)
    return outer == inner or all(like(one.replace("*", star), outer) for star in ("", _ANY))


@lru_cache(maxsize=4096)
def overlap(one: str, two: str) -> bool:
    """Whether some text has both shapes; true where that takes too long to find out."""
    if not varies(one) or not varies(two):
        return like(one, two) or like(two, one)
    if len(one) * len(two) > _MOST:
        return True
    reached = _over_stars({0}, two)  # the beginnings of `two` that a text of what is read of `one` may have
    for sign in one:
        reached = _after(sign, reached, two)
    return len(two) in reached


def _over_stars(places: set[int], pattern: str) -> set[int]:
    grown = set(places)
    for place in sorted(places):
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            grown.add(place)
    return grown


def _after(sign: str, reached: set[int], pattern: str) -> set[int]:
    if sign == "*":
        return set(range(min(reached, default=len(pattern) + 1), len(pattern) + 1))
    after: set[int] = set()
    for place in reached:
        wanted = pattern[place] if place < len(pattern) else ""
        if wanted == "*":
            after.add(place)
        elif wanted and (wanted == sign or "?" in (wanted, sign)):
            after.add(place + 1)
    return _over_stars(after, pattern)

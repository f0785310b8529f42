"""Literal texts that an expression cannot do without: finding one is many times faster than asking the expression."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from batten.patterns.syntax import parsed

_MOST = 24  # more texts than these take as long as the expression
_LEAST = 2  # characters: a shorter one stands in every text


def needles(text: str, flags: int = 0) -> tuple[str, ...]:
    """Of these, each text in which the expression is found holds at least one. Empty where no such texts are known."""
    tree, flags = parsed(text, flags)
    found = _of_items(tree, flags)
    return tuple(t for t in found if not any(other in t for other in found if other != t))


def _of_items(items: Iterable[tuple[Any, Any]], flags: int) -> tuple[str, ...]:
    """The best of its parts, each of which is needed: where the shortest text is longest."""
    found: list[tuple[str, ...]] = []
    run = ""
    for name, value in items:
        if str(name) == "LITERAL" and not flags & re.IGNORECASE:
            run += chr(value)
            continue
        found.append((run,))
        run = ""
        found.append(_of_item(str(name), value, flags))
    found.append((run,))
    usable = [texts for texts in found if texts and len(texts) <= _MOST and min(map(len, texts)) >= _LEAST]
    return max(usable, key=lambda texts: (min(map(len, texts)), -len(texts)), default=())


def _of_item(name: str, value: Any, flags: int) -> tuple[str, ...]:
    match name:
        case "BRANCH":
            branches = [_of_items(branch, flags) for branch in value[1]]
            return tuple(dict.fromkeys(t for texts in branches for t in texts)) if all(branches) else ()
        case "SUBPATTERN":
            return _of_items(value[3], (flags | value[1]) & ~value[2])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _of_items(value[2], flags) if value[0] else ()
        case "ATOMIC_GROUP":
            return _of_items(value, flags)
        case "ASSERT":
            return _of_items(value[1], flags)
        case _:
            return ()

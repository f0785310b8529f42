"""A text that an expression takes, as short as its parts allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from batten.patterns.syntax import Items, parsed

_TRIED = "x0/-_. AX:@%"  # of a class, the first of these that it holds stands for it
_LONGEST = 500


def shortest(text: str, *, ignore_case: bool = False) -> str | None:
    """One text; None where the expression cannot be read, or takes no text that its parts show.

    What an assertion asks for is not looked at, so match the answer before it is used.
    """
    try:
        tree, flags = parsed(text, re.IGNORECASE if ignore_case else 0)
        return _of_items(tree, flags, {})
    except (re.error, RecursionError, OverflowError):
        return None


def _of_items(items: Iterable[tuple[Any, Any]], flags: int, groups: dict[int, str]) -> str | None:
    found = ""
    for name, value in items:
        part = _of_item(str(name), value, flags, groups)
        if part is None or len(found) + len(part) > _LONGEST:
            return None
        found += part
    return found


def _of_item(name: str, value: Any, flags: int, groups: dict[int, str]) -> str | None:
    match name:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return next(c for c in _TRIED if ord(c) != value)
        case "ANY":
            return _TRIED[0]
        case "IN":
            return _of_class(value)
        case "BRANCH":
            found = (_of_items(branch, flags, groups) for branch in value[1])
            return min((text for text in found if text is not None), key=len, default=None)
        case "SUBPATTERN":
            inner = _of_items(value[3], flags, groups)
            if value[0] is not None and inner is not None:
                groups[value[0]] = inner
            return inner
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            part = _of_items(value[2], flags, groups) if value[0] else ""
            return None if part is None or len(part) * value[0] > _LONGEST else part * int(value[0])
        case "ATOMIC_GROUP":
            return _of_items(value, flags, groups)
        case "GROUPREF":
            return groups.get(value, "")
        case _:  # places and assertions stand between characters
            return ""


_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdigit,
    "SPACE": str.isspace,
    "WORD": lambda c: c.isalnum() or c == "_",
}


def _of_class(members: Items) -> str | None:
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    named = members[1:] if negated else members
    firsts = (chr(v if str(n) == "LITERAL" else v[0]) for n, v in named if str(n) in ("LITERAL", "RANGE"))
    candidates = _TRIED if negated else (*_TRIED, *firsts)
    return next((c for c in candidates if any(_is_of(c, n, v) for n, v in named) is not negated), None)


def _is_of(char: str, name: Any, value: Any) -> bool:
    match str(name):
        case "LITERAL":
            return bool(ord(char) == value)
        case "RANGE":
            return bool(value[0] <= ord(char) <= value[1])
        case _:
            kind = str(value).removeprefix("CATEGORY_")
            return _CATEGORIES[kind.removeprefix("NOT_")](char) is not kind.startswith("NOT_")

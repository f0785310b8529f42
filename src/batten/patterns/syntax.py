"""An expression as Python's `re` reads it, written again as RE2 reads it, meaning the same.

RE2 (https://github.com/google/re2/wiki/Syntax) differs in what `$`, `\\w` and `(?i)` mean, so nothing is handed over
as it was written: the tree of Python's own parser is, piece by piece, and what has no equal there is `Beyond`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from batten.model.record import record

Items = list[tuple[Any, Any]]
_parser: Any = import_module("re._parser")
_constants: Any = import_module("re._constants")


class Beyond(Exception):
    """What RE2 cannot express: the sentence's subject."""


@record
class Written:
    """`lines` is for texts in which a newline stands at most at the end: there `$` is before it, too."""

    plain: str
    lines: str
    ascii_only: bool  # true for ASCII texts only
    has_end: bool
    nullable_loop: bool  # a repeated part may be empty: the two engines then differ in what groups hold


def parsed(text: str, flags: int) -> tuple[Items, int]:
    """The tree, and the flags with those that the expression sets itself. Raises re.error, RecursionError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = _parser.parse(text, flags)
    return list(tree), int(tree.state.flags)


def written(tree: Items, flags: int) -> Written:
    """Raises Beyond, and RecursionError for what is nested deeper than Python goes."""
    plain, lines = _Writer(flags, r"\z"), _Writer(flags, "(?m:$)")
    return Written(
        plain.sequence(tree, flags),
        lines.sequence(tree, flags),
        plain.ascii_only,
        plain.has_end,
        plain.nullable_loop,
    )


_NAMES = {
    "GROUPREF": "a back-reference",
    "GROUPREF_EXISTS": "a condition on a group",
    "ASSERT": "look-around",
    "ASSERT_NOT": "look-around",
    "POSSESSIVE_REPEAT": "a possessive repeat",
    "ATOMIC_GROUP": "an atomic group",
}
# Python's classes of text: str.isspace, str.isdecimal and str.isalnum with "_".
_SPACE = r"\t-\r\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_CLASSES = {"DIGIT": r"\p{Nd}", "SPACE": _SPACE, "WORD": r"\p{L}\p{N}_"}
_ASCII_CLASSES = {"DIGIT": "0-9", "SPACE": r"\t-\r ", "WORD": "0-9A-Za-z_"}


class _Writer:
    def __init__(self, flags: int, end: str) -> None:
        self.end = end
        self.ascii_only = bool(flags & re.ASCII)
        self.has_end = False
        self.nullable_loop = False

    def sequence(self, items: Items, flags: int) -> str:
        return "".join(self.item(str(name), value, flags) for name, value in items)

    def item(self, name: str, value: Any, flags: int) -> str:
        write: Callable[[Any, int], str] | None = getattr(self, f"_{name.lower()}", None)
        if write is None:
            raise Beyond(_NAMES.get(name, name.lower()))
        return write(value, flags)

    def _literal(self, code: int, flags: int) -> str:
        return self._folded(_sign(code), flags, code)

    def _not_literal(self, code: int, flags: int) -> str:
        return self._folded(f"[^{_sign(code)}]", flags, code)

    def _folded(self, text: str, flags: int, highest: int) -> str:
        if not flags & re.IGNORECASE:
            return text
        # Beyond ASCII the two fold letters by different tables.
        self.ascii_only = True
        if highest > 127:
            raise Beyond("case-insensitive letters beyond ASCII")
        return f"(?i:{text})"

    def _any(self, _: None, flags: int) -> str:
        return "(?s:.)" if flags & re.DOTALL else r"[^\n]"

    def _in(self, members: Items, flags: int) -> str:
        negated = bool(members) and str(members[0][0]) == "NEGATE"
        parts = members[1:] if negated else members
        highest = max((_highest(v) for _, v in parts), default=0)
        text = "".join(self._member(str(n), v) for n, v in parts)
        return self._folded(f"[{'^' if negated else ''}{text}]", flags, highest)

    def _member(self, name: str, value: Any) -> str:
        if name == "LITERAL":
            return _sign(value)
        if name == "RANGE":
            return f"{_sign(value[0])}-{_sign(value[1])}"
        kind = str(value).removeprefix("CATEGORY_")
        if not kind.startswith("NOT_"):
            return (_ASCII_CLASSES if self.ascii_only else _CLASSES)[kind]
        if kind == "NOT_DIGIT" and not self.ascii_only:
            return r"\P{Nd}"
        self.ascii_only = True  # a class within a class cannot be turned round, save for those that RE2 names
        return {
            "NOT_DIGIT": r"\D",
            "NOT_SPACE": r"\x{00}-\x{08}\x{0e}-\x{1b}!-\x{10ffff}",
            "NOT_WORD": r"\W",
        }[kind]

    def _category(self, kind: Any, flags: int) -> str:
        return self._in([("CATEGORY", kind)], flags & ~re.IGNORECASE)

    def _at(self, where: Any, flags: int) -> str:
        name = str(where)
        if name in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return "(?m:^)" if name == "AT_BEGINNING" and flags & re.MULTILINE else r"\A"
        if name == "AT_END" and flags & re.MULTILINE:
            return "(?m:$)"
        if name == "AT_END":
            self.has_end = True
            return self.end
        if name == "AT_END_STRING":
            return r"\z"
        self.ascii_only = True  # RE2 knows no other words
        return r"\b" if name == "AT_BOUNDARY" else r"\B"

    def _branch(self, value: tuple[None, list[Items]], flags: int) -> str:
        return f"(?:{'|'.join(self.sequence(list(b), flags) for b in value[1])})"

    def _subpattern(self, value: tuple[int | None, int, int, Items], flags: int) -> str:
        number, added, taken, inner = value
        text = self.sequence(list(inner), (flags | added) & ~taken)
        return f"({text})" if number is not None else f"(?:{text})"

    def _max_repeat(self, value: tuple[int, Any, Any], flags: int) -> str:
        least, most, part = value
        if part.getwidth()[0] == 0 and most is not _constants.MAXREPEAT and most <= 1:
            pass
        elif part.getwidth()[0] == 0:
            self.nullable_loop = True
        count = f"{{{least},}}" if most is _constants.MAXREPEAT else f"{{{least},{most}}}"
        signs = {"{0,}": "*", "{1,}": "+", "{0,1}": "?"}
        return f"(?:{self.sequence(list(part), flags)}){signs.get(count, count)}"

    def _min_repeat(self, value: tuple[int, Any, Any], flags: int) -> str:
        return self._max_repeat(value, flags) + "?"


def _sign(code: int) -> str:
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else f"\\x{{{code:x}}}"


def _highest(value: Any) -> int:
    if isinstance(value, tuple):
        return int(value[1])
    return int(value) if isinstance(value, int) and not hasattr(value, "name") else 0


def walk(items: Items) -> Iterator[tuple[str, Any]]:
    """Every item of a tree."""
    for name, value in items:
        yield str(name), value
        for inner in parts_of(str(name), value):
            yield from walk(inner)


def parts_of(name: str, value: Any) -> list[Items]:
    """The sequences within an item."""
    match name:
        case "BRANCH":
            return [list(b) for b in value[1]]
        case "SUBPATTERN":
            return [list(value[3])]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [list(value[2])]
        case "ASSERT" | "ASSERT_NOT":
            return [list(value[1])]
        case "ATOMIC_GROUP":
            return [list(value)]
        case "GROUPREF_EXISTS":
            return [list(p) for p in value[1:] if p is not None]
        case _:
            return []

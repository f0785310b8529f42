"""Regular expressions as ECMA-262 writes them, read into a tree: the part of them that is regular."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.model.record import record

LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


class Unsupported(ValueError):
    """What cannot be compiled: the sentence names it."""


@record
class Chars:
    ranges: Ranges


@record
class Start:
    pass


@record
class End:
    pass


@record
class Sequence:
    parts: tuple[Tree, ...]


@record
class Choice:
    branches: tuple[Tree, ...]


@record
class Repeat:
    """`most` is None where there is no end."""

    part: Tree
    least: int
    most: int | None


Tree = Chars | Start | End | Sequence | Choice | Repeat

_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
                  (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF))  # fmt: skip
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_COUNTED = re.compile(r"\{(\d{1,4})(,(\d{0,4}))?\}")
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])")


def parse(pattern: str) -> Tree:
    """Raises Unsupported."""
    reader = _Reader(pattern)
    tree = reader.choice(0)
    if reader.at < len(pattern):
        raise Unsupported("an unmatched bracket")
    return tree


def inverted(ranges: Ranges) -> Ranges:
    made, at = [], 0
    for low, high in merged(ranges):
        if low > at:
            made.append((at, low - 1))
        at = high + 1
    return (*made, (at, LAST)) if at <= LAST else tuple(made)


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    made: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if made and low <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], high))
        else:
            made.append((low, high))
    return tuple(made)


_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CLASSES.update({name.upper(): inverted(ranges) for name, ranges in list(_CLASSES.items())})
_ANY = inverted(((10, 10), (13, 13), (0x2028, 0x2029)))
_DEEPEST = 50


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise Unsupported("an unterminated expression")
        self.at += 1
        return char

    def choice(self, depth: int) -> Tree:
        if depth > _DEEPEST:
            raise Unsupported("groups nested too deeply")
        branches = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated(self.atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def repeated(self, part: Tree) -> Tree:
        count = self.count()
        if count is None:
            return part
        if isinstance(part, (Start, End)):
            raise Unsupported("a repeated anchor")
        if self.peek() == "?":  # lazy: whether there is a match is the same
            self.at += 1
        if self.peek() in ("*", "+", "?") or _COUNTED.match(self.pattern, self.at):
            raise Unsupported("a repetition of a repetition")
        return Repeat(part, *count)

    def count(self) -> tuple[int, int | None] | None:
        char = self.peek()
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if char in simple:
            self.at += 1
            return simple[char]
        if char != "{":
            return None
        found = _COUNTED.match(self.pattern, self.at)
        if found is None:
            raise Unsupported("a brace that is not a repetition")
        self.at = found.end()
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise Unsupported("an invalid repetition count")
        return least, most

    def atom(self, depth: int) -> Tree:
        char = self.take()
        match char:
            case "^":
                return Start()
            case "$":
                return End()
            case ".":
                return Chars(_ANY)
            case "(":
                return self.group(depth)
            case "[":
                return Chars(self.set())
            case "\\":
                return Chars(self.escape())
            case "*" | "+" | "?" | "{":
                raise Unsupported("a repetition of nothing")
        return Chars(((ord(char), ord(char)),))

    def group(self, depth: int) -> Tree:
        if self.peek() == "?":
            named = re.compile(r"\?:|\?<[A-Za-z_]\w*>", re.ASCII).match(self.pattern, self.at)
            if named is None:
                raise Unsupported("a look-around, or flags")
            self.at = named.end()
        tree = self.choice(depth + 1)
        if self.take() != ")":
            raise Unsupported("an unclosed bracket")
        return tree

    def escape(self) -> Ranges:
        char = self.peek()
        if char in _CLASSES:
            self.at += 1
            return _CLASSES[char]
        code = self.code()
        return ((code, code),)

    def code(self) -> int:
        """Of an escape, from behind its backslash."""
        found = _CODE.match(self.pattern, self.at)
        if found is not None:
            self.at = found.end()
            code = ord(found[4]) % 32 if found[4] else int(found[1] or found[2] or found[3], 16)
            if 0xD800 <= code <= 0xDFFF or code > LAST:
                raise Unsupported("half a surrogate pair")
            return code
        char = self.take()
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isascii() and not char.isalnum():
            return ord(char)
        raise Unsupported(f"\\{char}")

    def set(self) -> Ranges:
        negative = self.peek() == "^"
        self.at += negative
        found: list[tuple[int, int]] = []
        if self.peek() == "]":
            raise Unsupported("an empty set")
        while self.peek() != "]":
            found += self.member()
        self.at += 1
        return inverted(tuple(found)) if negative else merged(found)

    def member(self) -> Ranges:
        ranges = self.single()
        if self.peek() != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return ranges
        self.at += 1
        end = self.single()
        if len(ranges) != 1 or len(end) != 1 or ranges[0][0] != ranges[0][1] or end[0][0] != end[0][1]:
            raise Unsupported("a range between classes")
        if end[0][0] < ranges[0][0]:
            raise Unsupported("an invalid range")
        return ((ranges[0][0], end[0][0]),)

    def single(self) -> Ranges:
        char = self.take()
        if char == "\\":
            return self.escape()
        if char == "[" or (char in "&~-" and self.peek() == char):  # other engines read set operations here
            raise Unsupported(f"{char} in a set")
        return ((ord(char), ord(char)),)

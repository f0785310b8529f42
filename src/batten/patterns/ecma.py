"""An expression as ECMA-262 writes it, written again for Rust's linear `regex`, meaning the same.

JSON Schema's patterns are ECMA-262's, with Unicode (draft 2020-12, 6.4): `\\d` is ten digits, `$` the end of the
text and nothing else, `.` no line terminator. Rust's engine (https://docs.rs/regex/latest/regex/#syntax) reads some
of the same signs in another way, and more than ECMA-262 has, so every piece is written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


class Foreign(ValueError):
    """What no linear engine judges, or what ECMA-262 does not have: the end of a sentence."""


_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
                  (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF))  # fmt: skip
_LINES: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_COUNT = re.compile(r"[*+?]|\{(\d{1,9})(?:,(\d{0,9}))?\}")
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])|(0)(?![0-9])")
_LOW = re.compile(r"\\u([dD][c-fC-F][0-9A-Fa-f]{2})")
_PROPERTY = re.compile(r"[pP]\{[A-Za-z_]+(?:=[A-Za-z_0-9]+)?\}")
_GROUP = re.compile(r"\?:|\?P?<[A-Za-z_$][A-Za-z0-9_$]*>|(\?i:)")
_COUNTED = re.compile(
    r"\^(\[[^\]]*\]|\\u\{[0-9a-f]+\}|\\[pP]\{[^}]*\}|[A-Za-z0-9])\{([0-9]+)(,([0-9]*))?\}\$"
)
_NOT = {
    "?=": "look-ahead",
    "?!": "look-ahead",
    "?<=": "look-behind",
    "?<!": "look-behind",
    "?>": "an atomic group",
    "?P=": "a back-reference",
}


def inverted(ranges: Ranges) -> Ranges:
    """All that is not in them; they are in order."""
    made, at = [], 0
    for low, high in ranges:
        if low > at:
            made.append((at, low - 1))
        at = high + 1
    return (*made, (at, LAST)) if at <= LAST else tuple(made)


_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CLASSES.update({name.upper(): inverted(ranges) for name, ranges in list(_CLASSES.items())})
_ANY = "[" + "".join(f"\\u{{{a:x}}}-\\u{{{b:x}}}" for a, b in inverted(_LINES)) + "]"


def rust(pattern: str) -> str:
    """The expression for Rust's engine, which may still find it too large or unbalanced. Raises Foreign."""
    return "".join(_Reader(pattern).pieces())


def uncounted(made: str) -> tuple[str, int, int | None] | None:
    """Of `^X{2,300000}$`, where X is one character, `^X*$` with its least and most length: what counts so far is too
    large for an automaton, and is a matter of lengths. `made` is what `rust` has made."""
    found = _COUNTED.fullmatch(made)
    if found is None:
        return None
    least = int(found[2])
    return f"^{found[1]}*$", least, least if found[3] is None else int(found[4]) if found[4] else None


def _sign(code: int) -> str:
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else f"\\u{{{code:x}}}"


def _written(ranges: Ranges) -> str:
    return "".join(_sign(a) if a == b else f"{_sign(a)}-{_sign(b)}" for a, b in ranges)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def peek(self, count: int = 1) -> str:
        return self.pattern[self.at : self.at + count]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise Foreign("it ends too early")
        self.at += 1
        return char

    def pieces(self) -> list[str]:
        made: list[str] = []
        while self.peek():
            made.append(self.piece())
        return made

    def piece(self) -> str:
        char = self.take()
        match char:
            case "(":
                return self.group()
            case ")" | "|":
                return char
            case "^" | "$":
                return char
            case ".":
                return _ANY + self.count()
            case "[":
                return self.members() + self.count()
            case "\\":
                return self.escape()
        if char == "{" and self.peek() == ",":
            raise Foreign("a count without its least number; write {0,")
        return _literal(char) + self.count()

    def count(self) -> str:
        """How often what was read may stand, if that is told."""
        found = _COUNT.match(self.pattern, self.at)
        if found is None:
            return ""
        self.at = found.end()
        if self.peek() == "?":  # lazy: whether there is a match is the same
            self.at += 1
        if self.peek() == "+" or _COUNT.match(self.pattern, self.at):
            raise Foreign("a repetition of a repetition")
        return found[0]

    def group(self) -> str:
        if self.peek() != "?":
            return self._grouped("(?:")
        found = _GROUP.match(self.pattern, self.at)
        if found is None and self.pattern.startswith("?i)", self.at):  # of other dialects, and clear
            self.at += 3
            return "(?i)"
        if found is None:
            for sign, name in _NOT.items():
                if self.pattern.startswith(sign, self.at):
                    raise Foreign(name)
            raise Foreign("flags or a group that ECMA-262 does not have")
        self.at = found.end()
        return self._grouped("(?i:" if found[1] else "(?:")

    def _grouped(self, opening: str) -> str:
        made = [opening]
        while self.peek() not in ("", ")"):
            made.append(self.piece())
        if self.take() != ")":
            raise Foreign("an unclosed group")
        return f"{''.join(made)}){self.count()}"

    def escape(self) -> str:
        char = self.peek()
        if char in ("b", "B"):
            self.at += 1
            return f"(?-u:\\{char})"
        if char in _CLASSES:
            self.at += 1
            return f"[{_written(_CLASSES[char])}]{self.count()}"
        if found := _PROPERTY.match(self.pattern, self.at):
            self.at = found.end()
            return f"\\{found[0]}{self.count()}"
        if char in "123456789k" and char:
            raise Foreign("a back-reference")
        return _sign(self.code()) + self.count()

    def code(self) -> int:
        """Of an escape that is one character, from behind its backslash."""
        found = _CODE.match(self.pattern, self.at)
        if found is not None:
            self.at = found.end()
            return self.unit(found)
        char = self.take()
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isascii() and not char.isalnum():
            return ord(char)
        raise Foreign(f"\\{char}, which ECMA-262 does not have")

    def unit(self, found: re.Match[str]) -> int:
        if found[5]:
            return 0
        if found[4]:
            return ord(found[4]) % 32
        code = int(found[1] or found[2] or found[3], 16)
        if found[2] and 0xD800 <= code <= 0xDBFF and (low := _LOW.match(self.pattern, self.at)):
            self.at = low.end()
            return 0x10000 + ((code - 0xD800) << 10) + (int(low[1], 16) - 0xDC00)
        if 0xD800 <= code <= 0xDFFF or code > LAST:
            raise Foreign("half a surrogate pair")
        return code

    # Classes

    def members(self) -> str:
        negative = self.peek() == "^"
        self.at += negative
        made: list[str] = []
        while self.peek() != "]":
            made.append(self.member())
        self.at += 1
        if made:
            return f"[{'^' if negative else ''}{''.join(made)}]"
        return r"[\u{0}-\u{10ffff}]" if negative else r"[^\u{0}-\u{10ffff}]"

    def member(self) -> str:
        first = self.single()
        if self.peek() != "-" or self.peek(2) in ("-]", "-"):
            return first if isinstance(first, str) else _sign(first)
        self.at += 1
        last = self.single()
        if isinstance(first, int) and isinstance(last, int):
            if last < first:
                raise Foreign("a range from a higher to a lower character")
            return f"{_sign(first)}-{_sign(last)}"
        parts = (
            first if isinstance(first, str) else _sign(first),
            last if isinstance(last, str) else _sign(last),
        )
        return f"{parts[0]}{_sign(45)}{parts[1]}"  # a class is no end of a range: the hyphen is itself

    def single(self) -> int | str:
        """A character, or a class as it is written."""
        char = self.take()
        if char != "\\":
            return _point(char)
        kind = self.peek()
        if kind in _CLASSES:
            self.at += 1
            return _written(_CLASSES[kind])
        if kind == "b":
            self.at += 1
            return 8
        if found := _PROPERTY.match(self.pattern, self.at):
            self.at = found.end()
            return f"\\{found[0]}"
        return self.code()


def _literal(char: str) -> str:
    if char in ("*", "+", "?"):
        raise Foreign("a repetition of nothing")
    return _sign(_point(char))


def _point(char: str) -> int:
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise Foreign("half a surrogate pair")
    return code


class Parts(NamedTuple):
    """Expressions of which all of the first must match, and none of the second."""

    all: tuple[str, ...]
    none: tuple[str, ...] = ()


def parted(pattern: str) -> Parts:
    """Without look-ahead at the beginning (`^(?=A)(?!B)C`) and look-behind at the end (`C(?<!D)$`), which say what else
    holds of the whole text. Where they are anywhere else, they stay."""
    if "(?=" not in pattern and "(?!" not in pattern and "(?<" not in pattern:
        return Parts((pattern,))
    if any(char == "|" and depth == 0 for _, char, depth in _tokens(pattern)):
        return Parts((pattern,))
    # The rest, and what is looked for at the start of the text.
    ahead_at, anchored, found = 0, False, list[tuple[str, bool]]()
    while True:
        if pattern.startswith("^", ahead_at):
            ahead_at, anchored = ahead_at + 1, True
            continue
        end = _end(pattern, ahead_at) if pattern.startswith(("(?=", "(?!"), ahead_at) else 0
        if not end or _COUNT.match(pattern, end):
            break
        found.append((pattern[ahead_at + 3 : end - 1], pattern[ahead_at + 2] == "!"))
        ahead_at = end
    begin, ahead = (f"^{pattern[ahead_at:]}", found) if anchored and found else (pattern, [])
    # The rest, and what is looked for at the end of the text.
    starts = [at for at in _groups(begin) if begin.startswith(("(?<=", "(?<!"), at)]
    last = starts[-1] if starts else -1
    if last < 0 or _end(begin, last) != len(begin) - 1 or not begin.endswith(")$"):
        rest, behind = begin, []
    else:
        rest, behind = f"{begin[:last]}$", [(begin[last + 4 : -2], begin[last + 3] == "!")]
    wanted = [
        *(f"^(?:{body})" for body, is_not in ahead if not is_not),
        *(f"(?:{b})$" for b, n in behind if not n),
    ]
    unwanted = [*(f"^(?:{body})" for body, is_not in ahead if is_not), *(f"(?:{b})$" for b, n in behind if n)]
    return Parts((*wanted, rest), tuple(unwanted))


def _tokens(pattern: str) -> Iterator[tuple[int, str, int]]:
    """Where brackets and bars are that count, and how deep: of a bracket, outside it."""
    at, depth, in_set = 0, 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if in_set:
            in_set = char != "]"
        elif char == "[":
            in_set = True
        elif char in "()|":
            depth -= char == ")"
            yield at, char, depth
            depth += char == "("
        at += 1


def _groups(pattern: str) -> list[int]:
    return [at for at, char, depth in _tokens(pattern) if char == "(" and depth == 0]


def _end(pattern: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`, which is in no group; 0 where there is none."""
    return next(
        (at + 1 for at, char, depth in _tokens(pattern) if at > start and char == ")" and depth == 0), 0
    )

"""Globs of a stranger's, matched from the left piece by piece, so that no star is tried twice."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from functools import lru_cache

_VARIES = re.compile(r"[?\[]")


class Piece:
    """What stands between two stars: so many characters, each fixed, any, or one of a set."""

    def __init__(self, text: str, shell: bool = False) -> None:
        self.text = text
        self._varies = bool(re.search(r"\?", text) if shell else _VARIES.search(text))
        self._shell = shell
        self._made: re.Pattern[str] | None = None

    @property
    def _expression(self) -> re.Pattern[str]:
        """One place for each character and no repeat, so there is nothing to go back to."""
        if self._made is None:
            self._made = re.compile(_expression(self.text, self._shell))
        return self._made

    def find(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """Where it first stands between the two."""
        if self._varies:
            found = self._expression.search(text, start, end)
            return found.span() if found else None
        at = text.find(self.text, start, end)
        return (at, at + len(self.text)) if at >= 0 else None

    def ends(self, text: str, start: int, end: int) -> bool:
        """Whether it stands right before the end."""
        if not self._varies:
            return start <= end - len(self.text) and text.endswith(self.text, start, end)
        found = self._expression.match(text, max(start, end - self.width), end)
        return found is not None and found.end() == end

    def begins(self, text: str, start: int, end: int) -> int | None:
        """Where it ends when it stands right at the start."""
        if not self._varies:
            return start + len(self.text) if text.startswith(self.text, start, end) else None
        found = self._expression.match(text, start, end)
        return found.end() if found else None

    def last(self, text: str, start: int, end: int) -> int | None:
        """Where it ends when it stands as far behind as it can between the two."""
        if not self._varies:
            at = text.rfind(self.text, start, end)
            return at + len(self.text) if at >= 0 else None
        tried = range(end, start + self.width - 1, -1)
        return next((n for n in tried if self.ends(text, start, n)), None)

    @property
    def width(self) -> int:
        return len(self.text) if self._shell or not self._varies else sum(1 for _ in _signs(self.text))


def _expression(text: str, shell: bool) -> str:
    if shell:
        return "".join("[\\s\\S]" if c == "?" else re.escape(c) for c in text)
    return re.sub(r"\\[Zz]\Z", "", fnmatch.translate(text))


def _signs(pattern: str) -> Iterator[str]:
    """The glob's members: characters, `?`, `*` and sets, as fnmatch tells them apart."""
    at = 0
    while at < len(pattern):
        end = at + 1
        if pattern[at] == "[":
            inner = at + 1 + pattern.startswith("!", at + 1)
            closed = pattern.find("]", inner + pattern.startswith("]", inner))
            if closed < 0:  # nor is any that follows
                yield from pattern[at:]
                return
            end = closed + 1
        yield pattern[at:end]
        at = end


class Glob:
    """A shape of a whole text, as `fnmatch.fnmatchcase` reads it: a star crosses slashes."""

    def __init__(self, pattern: str) -> None:
        if "[" not in pattern:
            split: list[str] = pattern.split("*")
        else:
            pieces = [""]
            for sign in _signs(pattern):
                if sign == "*":
                    pieces.append("")
                else:
                    pieces[-1] += sign
            split = pieces
        self.pieces = [Piece(p) for p in split]

    def match(self, text: str) -> bool:
        first, *others = self.pieces
        at = first.begins(text, 0, len(text))
        if at is None or not others:
            return at == len(text)
        for piece in others[:-1]:
            found = piece.find(text, at, len(text))
            if found is None:
                return False
            at = found[1]
        return others[-1].ends(text, at, len(text))


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> Glob:
    return Glob(pattern)


def fits(text: str, pattern: str) -> bool:
    """What `fnmatch.fnmatchcase` says."""
    return _glob(pattern).match(text)

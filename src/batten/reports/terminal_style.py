"""Colour and width of the terminal's report; own ANSI codes, because a check before a commit cannot wait
for a library to load."""

from __future__ import annotations

from batten.model import Severity
from batten.model.record import record
from batten.reports.legible import cells

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}
_CODES |= {"cyan": "36", "critical": "1;97;41", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "2"}


@record
class Style:
    color: bool
    width: int

    def paint(self, text: str, name: str) -> str:
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.color and text else text

    def severity(self, severity: Severity) -> str:
        label = severity.label.upper()
        return self.paint(f" {label} ", severity.label) if self.color else label

    def rule(self, title: str) -> str:
        return self.paint(f"── {title} " + "─" * max(self.width - cells(title) - 4, 0), "dim")


def wrap(text: str, width: int, limit: int = 0) -> list[str]:
    """The text in lines of at most `width` columns, words kept whole where they fit; `limit` lines at most."""
    lines, line = [], ""
    for word in text.split(" "):
        for piece in _pieces(word, width):
            joined = f"{line} {piece}" if line else piece
            if cells(joined) <= width:
                line = joined
            else:
                lines.append(line)
                line = piece
    lines.append(line)
    if limit and len(lines) > limit:
        return [*lines[: limit - 1], fit(" ".join(lines[limit - 1 :]), width)]
    return lines


def _pieces(word: str, width: int) -> list[str]:
    pieces = []
    while cells(word) > width:
        end = _reach(word, width)
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]


def fit(text: str, width: int) -> str:
    """The text, cut with "…" when it is wider."""
    return text if cells(text) <= width else text[: _reach(text, width - 1)] + "…"


def _reach(text: str, width: int) -> int:
    """How many characters fit, one at least."""
    taken = 0
    for index, character in enumerate(text):
        taken += cells(character)
        if taken > width:
            return max(index, 1)
    return len(text)

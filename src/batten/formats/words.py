from __future__ import annotations

from dataclasses import dataclass

from batten.model import Span


@dataclass(slots=True)
class Word:
    """A word as its reader understands it: `text` has quotes and escapes resolved.

    Offsets are plain integers, and the span is made when asked for, because a large file has a
    hundred thousand words and few of them are looked at.
    """

    text: str
    start: int
    end: int
    quoted: bool = False

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

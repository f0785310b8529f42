"""Text as templates make it, with what each part comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

from batten.model import Span
from batten.technologies.orchestration.helm.values import Chunk
from batten.technologies.shared.rendering.text import HOLE, Piece


@dataclass(slots=True)
class Output:
    parts: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    length: int = 0

    def add(self, chunk: Chunk, source: str, span: Span, exact: bool = False) -> None:
        text = self._block(chunk) if chunk.block != -1 else chunk.text
        if text:
            end = self.length + len(text)
            self.pieces.append(Piece(self.length, end, source, span, exact, chunk.unknown, chunk.origin))
            self.parts.append(text)
            self.chunks.append(Chunk(text, chunk.origin, chunk.unknown))
            self.length = end

    @property
    def within(self) -> bool:
        """Whether something stands on the line so far."""
        before = "".join(self.parts[-20:])
        return bool(before[before.rfind("\n") + 1 :].strip())

    def _block(self, chunk: Chunk) -> str:
        """A hole on lines of its own, in the shape that its surroundings ask for."""
        newline, width = (True, chunk.block) if chunk.block >= 0 else (False, -2 - chunk.block)
        before = "".join(self.parts[-40:]).rstrip()
        last = before[before.rfind("\n") + 1 :]
        pad = ("\n" if newline else "") + " " * width
        if last.endswith(":"):
            return f"{pad}{HOLE}"
        if last.startswith(" " * width + "- "):
            return f"{pad}- {HOLE}"
        return f"{pad}{HOLE}: {HOLE}"

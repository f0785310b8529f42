"""Patched objects as one YAML text, and the way back from it to their files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from batten.formats import Mapping, Node, Sequence, yaml
from batten.formats.yaml_edits import source_of
from batten.formats.yaml_splice import double_quoted
from batten.model import Span
from batten.technologies.orchestration.kustomize.parts import Part
from batten.technologies.shared.rendering.text import Piece, Rendering


@dataclass(slots=True)
class _Writer:
    path: str
    chunks: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    length: int = 0

    def write(self, text: str, source: str = "", span: Span | None = None, exact: bool = False) -> None:
        if span is not None and text:
            self.pieces.append(Piece(self.length, self.length + len(text), source, span, exact))
        self.chunks.append(text)
        self.length += len(text)

    def part(self, part: Part, indent: int, texts: dict[str, str]) -> None:
        if part.table:
            for number, (key, below) in enumerate(part.table.items()):
                self.write("" if number == 0 else "\n" + " " * indent)
                self.write(double_quoted(key) if source_of(key) != key else key, below.source, below.whole)
                self.write(":" + ("\n" + " " * (indent + 2) if below.table or below.items else " "))
                self.part(below, indent + 2, texts)
        elif part.items:
            for number, item in enumerate(part.items):
                self.write("" if number == 0 else "\n" + " " * indent)
                self.write("- ", item.source, item.whole)
                self.part(item, indent + 2, texts)
        else:
            self._scalar(part, indent, texts)

    def _scalar(self, part: Part, indent: int, texts: dict[str, str]) -> None:
        if part.table is not None or part.items is not None:
            self.write("{}" if part.table is not None else "[]", part.source, part.span)
        elif (
            part.style == "|" and part.source in texts and isinstance(part.value, str) and part.value.strip()
        ):
            self._block(part, indent, texts[part.source])
        else:
            value = part.value
            text = double_quoted(value) if part.style and isinstance(value, str) else source_of(value)
            self.write(text, part.source, part.span)

    def _block(self, part: Part, indent: int, text: str) -> None:
        """A literal block, line by line, so that places in it stay places."""
        lines = text[part.span.start : part.span.end].split("\n")
        self.write(lines[0] if lines[0].strip() in ("|", "|-", "|+") else "|", part.source, part.span)
        offset = part.span.start + len(lines[0]) + 1
        margin = min((len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip()), default=0)
        for line in lines[1:]:
            self.write("\n" + " " * indent)
            kept = line[margin:]
            start = offset + len(line) - len(kept)
            self.write(kept, part.source, Span(start, start + len(kept)), exact=True)
            offset += len(line) + 1


def emitted(objects: Iterable[Part], path: str, texts: dict[str, str]) -> Rendering:
    """The text of all objects, named `path`. `texts` are those of the files that they come from."""
    kept = [part for part in objects if part.table]
    writer = _Writer(path)
    for part in kept:
        writer.write("---\n")
        writer.part(part, 0, texts)
        writer.write("\n")
    text = "".join(writer.chunks)
    made = Rendering(path, text, writer.pieces)
    for root, part in zip(yaml.parse_all(text), kept, strict=False):
        _walk(root, part, made.nodes)
    return made


def _walk(node: Node, part: Part, nodes: dict[Span, tuple[str, Span]]) -> None:
    """The tree of the text beside the parts that it was made of: every span has its own."""
    if isinstance(node, Mapping) and part.table is not None:
        for entry in node:
            below = part.table[entry.key.text]
            nodes.setdefault(Span(entry.key.span.start, entry.value.span.end), (below.source, below.whole))
            _walk(entry.value, below, nodes)
    elif isinstance(node, Sequence) and part.items is not None:
        for item, below in zip(node, part.items, strict=True):
            _walk(item, below, nodes)
    nodes[node.span] = (part.source, part.span)

"""Entries put into a document by span alone: a contract of ten megabytes takes a thousand fixes at once,
so none may parse it again. The engine does, once, before it writes."""

from __future__ import annotations

import json

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.formats.document import Text
from batten.formats.tree import Entry, Plain
from batten.formats.yaml_edits import source_of
from batten.model import Edit, Span
from batten.model.record import record


@record
class Way:
    """An entry or item, and the mappings it lies in, outermost first. `node` is the value itself."""

    holders: tuple[Mapping, ...]
    keys: tuple[str, ...]
    entry: Entry | None
    node: Node


@record
class Page:
    source: Text
    root: Node

    def find(self, span: Span) -> Way | None:
        """The way down to what has this span; None where it leads through an anchor that others share."""
        if span == self.root.span:
            return Way((), (), None, self.root)
        holders, keys, node, entry = list[Mapping](), list[str](), self.root, None
        while True:
            if isinstance(node, Mapping):
                entry = node.around(span)
                if entry is None or entry.merged:
                    return None
                holders.append(node)
                keys.append(entry.key.text)
                if span == entry.span or _is_value(span, entry):
                    return Way(tuple(holders), tuple(keys), entry, entry.value)
                if entry.alias is not None:
                    return None
                node = entry.value
            elif isinstance(node, Sequence):
                inner = [i for i in node.items if i.span.start <= span.start and span.end <= i.span.end]
                if not inner:
                    return None
                node = inner[0]
                if node.span == span:
                    return Way(tuple(holders), tuple(keys), entry, node)
            else:
                return None

    def append(self, holder: Mapping, key: str, value: Plain) -> Edit:
        """Behind the last entry of a mapping."""
        last = list(holder)[-1] if len(holder.entries) else None
        if holder.flow:
            if last is not None:
                return self.behind(holder, last, key, value)
            at = holder.span.start + 1
            return self._edit(at, at, f"{json.dumps(key)}: {json.dumps(value)}")
        at = self._line_end(holder.span.end)
        column = self._column(holder.span.start)
        return self._edit(at, at, "\n" + self._yaml(key, value, column))

    def before(self, holder: Mapping, entry: Entry, key: str, value: Plain) -> Edit:
        """In front of an entry of a mapping."""
        at = entry.key.span.start
        if holder.flow:
            break_after, column = self._layout(entry)
            return self._edit(at, at, f"{_key(key, entry)}: {self._flow(value, column)},{break_after}")
        column = self._column(at)
        return self._edit(at, at, self._yaml(key, value, column).lstrip() + "\n" + " " * column)

    def behind(self, holder: Mapping, entry: Entry, key: str, value: Plain) -> Edit:
        """On the line behind an entry of a mapping."""
        if holder.flow:
            break_before, column = self._layout(entry)
            at = entry.span.end
            return self._edit(at, at, f",{break_before}{_key(key, entry)}: {self._flow(value, column)}")
        at = self._line_end(entry.span.end)
        return self._edit(at, at, "\n" + self._yaml(key, value, self._column(entry.key.span.start)))

    def rewrite(self, holder: Mapping, entry: Entry, value: Plain) -> Edit:
        """An entry with another value, which may be a list or a mapping."""
        if holder.flow:
            return self.replace(entry.value.span, json.dumps(value))
        start = entry.key.span.start
        return self._edit(
            start, entry.span.end, self._yaml(entry.key.text, value, self._column(start)).lstrip()
        )

    def without(self, holder: Mapping, entry: Entry) -> Edit:
        """The mapping without one of its entries; where it is the only one, an empty mapping is left."""
        entries = list(holder)
        if len(entries) == 1:
            # `{}` on the line of the key, for a block mapping begins on a line of its own.
            text, start = self.source.text, holder.span.start
            while not holder.flow and text[start - 1] in " \n\r":
                start -= 1
            return self._edit(start, holder.span.end, "{}" if holder.flow else " {}")
        if not holder.flow:
            start = self.source.text.rfind("\n", 0, entry.key.span.start) + 1
            end = self._line_end(entry.span.end)
            return self._edit(start, self.source.text.find("\n", end) + 1 or end, "")
        index = entries.index(entry)
        if index + 1 < len(entries):
            return self._edit(entry.key.span.start, entries[index + 1].key.span.start, "")
        return self._edit(entries[index - 1].span.end, entry.span.end, "")

    def reword(self, scalar: Scalar, text: str) -> Edit:
        """Another word in the quotes that stand there."""
        quote = scalar.style if scalar.style in ("'", '"') else ""
        return self.replace(scalar.span, f"{quote}{text}{quote}")

    def replace(self, span: Span, text: str) -> Edit:
        return self._edit(span.start, span.end, text)

    def _layout(self, entry: Entry) -> tuple[str, int]:
        """How the entries of a bracket are set apart: a line each, at this column, or (-1) in one line."""
        text, start = self.source.text, entry.key.span.start
        line = text.rfind("\n", 0, start) + 1
        if line and not text[line:start].strip():
            return "\n" + text[line:start], start - line
        return " ", -1

    def _flow(self, value: Plain, column: int) -> str:
        if column < 0:
            return json.dumps(value)
        return json.dumps(value, indent=self._step()).replace("\n", "\n" + " " * column)

    def _yaml(self, key: str, value: Plain, column: int) -> str:
        pad = " " * column
        return "\n".join(pad + line for line in _lines(key, value, self._step()))

    def _step(self) -> int:
        """By how much this file indents, as its first nested mapping shows."""
        if isinstance(self.root, Mapping):
            if self.root.flow:
                first = next(iter(self.root), None)
                column = self._layout(first)[1] if first is not None else -1
                return column if column > 0 else 2
            for entry in self.root:
                if isinstance(entry.value, Mapping) and not entry.value.flow and not entry.alias:
                    return max(1, self._column(entry.value.span.start) - self._column(self.root.span.start))
        return 2

    def _column(self, offset: int) -> int:
        return offset - self.source.text.rfind("\n", 0, offset) - 1

    def _line_end(self, offset: int) -> int:
        text = self.source.text
        at = text.find("\n", offset)
        at = len(text) if at < 0 else at
        return at - 1 if at > offset and text[at - 1] == "\r" else at

    def _edit(self, start: int, end: int, text: str) -> Edit:
        newline = "\r\n" if "\r\n" in self.source.text[:4096] else "\n"
        return Edit(self.source.path, Span(start, end), text.replace("\n", newline))


def _key(key: str, beside: Entry) -> str:
    """In quotes in JSON; in a bracket of YAML as its neighbour is."""
    return key if not beside.key.style and source_of(key) == key else json.dumps(key)


def _is_value(span: Span, entry: Entry) -> bool:
    """A mapping's only entry may have the span of the mapping: then the entry is meant, further down."""
    written = entry.alias or entry.value.span
    return span == written and (entry.alias is not None or isinstance(entry.value, Scalar))


def _lines(key: str, value: Plain, step: int) -> list[str]:
    """An entry in block style; a list of words, and of what has no more than one key, in brackets."""
    name = _word(key)
    if isinstance(value, dict) and value and list(value) != ["$ref"]:
        below = [line for k, v in value.items() for line in _lines(k, v, step)]
        return [f"{name}:", *(" " * step + line for line in below)]
    return [f"{name}: {_inline(value)}"]


def _word(key: str) -> str:
    return key if key == "$ref" or source_of(key) == key else json.dumps(key)


def _inline(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_word(k)}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return source_of(value)

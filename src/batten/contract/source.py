"""Files of a contract: each as plain data to work on, and as a tree that knows where things stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from importlib import import_module
from typing import cast

from batten.formats import Document, Mapping, Node, Sequence, Workspace
from batten.formats.document import Text
from batten.formats.tree import Plain
from batten.model import Kind, Location, Span
from batten.model.record import record


@record
class Place:
    """A value in a file, by the keys and indexes that lead to it."""

    source: str
    tokens: tuple[str, ...] = ()

    def __truediv__(self, token: str) -> Place:
        return Place(self.source, (*self.tokens, token))


@record
class Source:
    path: str
    text: Text
    root: Node
    data: Plain
    laid: dict[tuple[str, ...], Place] = field(
        default_factory=dict
    )  # where what overlays laid over it is written

    def value(self, tokens: tuple[str, ...]) -> Plain:
        """The plain value at `tokens`. Raises LookupError where there is none."""
        value = self.data
        for token in tokens:
            if isinstance(value, dict):
                value = value[token]
            elif isinstance(value, list) and token.isdecimal():
                value = value[int(token)]
            else:
                raise LookupError(token)
        return value

    def span(self, tokens: tuple[str, ...]) -> Span:
        """What is written at `tokens`, its key included; as far as the way there exists."""
        node, span = self.root, self.root.span
        for token in tokens:
            if isinstance(node, Mapping) and (entry := node.entry(token)):
                node, span = entry.value, entry.span
            elif isinstance(node, Sequence) and token.isdecimal() and int(token) < len(node.items):
                node = node.items[int(token)]
                span = node.span
            else:
                break
        return span

    def value_span(self, tokens: tuple[str, ...]) -> Span:
        """The value alone, or the alias that is written for it."""
        if not tokens:
            return self.root.span
        node = self.root
        for token in tokens[:-1]:
            if isinstance(node, Mapping) and (node_entry := node.entry(token)):
                node = node_entry.value
            elif isinstance(node, Sequence) and token.isdecimal() and int(token) < len(node.items):
                node = node.items[int(token)]
        holder = node
        if isinstance(holder, Mapping) and (entry := holder.entry(tokens[-1])):
            return entry.alias or entry.value.span
        return self.span(tokens)


@record
class Sources:
    """The files read so far, by path below the root."""

    workspace: Workspace
    files: dict[str, Source] = field(default_factory=dict)

    def open(self, path: str) -> Source:
        """Raises Unreadable and SyntaxProblem."""
        known = self.files.get(path)
        if known is None:
            document = document_of(self.workspace, path)
            known = Source(path, document.source, document.tree, document.tree.plain())
            self.files[path] = known
        return known

    def written(self, place: Place) -> tuple[Source, tuple[str, ...]]:
        """The file in which a value is written, and the way to it there: an overlay's, for what it laid."""
        source = self.files[place.source]
        for length in range(len(place.tokens), 0, -1) if source.laid else ():
            there = source.laid.get(place.tokens[:length])
            if there is not None:
                return self.files[there.source], (*there.tokens, *place.tokens[length:])
        return source, place.tokens

    def block(self, place: Place) -> Location:
        """The thing at a place, key included: where something is missing, or wrong as a whole."""
        source, tokens = self.written(place)
        return Location(source.path, pointer(source, tokens), source.span(tokens), kind=Kind.BLOCK)

    def value(self, place: Place) -> Location:
        """The value at a place: text that could be replaced."""
        source, tokens = self.written(place)
        return Location(source.path, pointer(source, tokens), source.value_span(tokens))

    def line(self, place: Place) -> int:
        """The line of a place, in the file that it is written in."""
        source, tokens = self.written(place)
        return source.text.line_of(source.span(tokens).start)


def document_of(workspace: Workspace, path: str) -> Document[Node]:
    """The file's tree, read as what it is. Raises Unreadable and SyntaxProblem."""
    # By its name, or by how it begins: JSON is read as YAML too, but far more slowly.
    return workspace.document(
        path,
        _parser(
            "json"
            if path.endswith(".json") or workspace.text(path).text[:64].lstrip()[:2].rstrip() in ("{", '{"')
            else "yaml"
        ),
    )


def _parser(syntax: str) -> Callable[[str], Node]:
    """Of the two readers, the one that is needed: each brings a library along."""
    return cast("Callable[[str], Node]", import_module(f"batten.formats.{syntax}").parse)


def pointer(source: Source, tokens: tuple[str, ...]) -> str:
    """The way to a place by names: `paths[/orders]/get/parameters[limit]`."""
    parts: list[str] = []
    value: Plain = source.data
    for token in tokens:
        if isinstance(value, list):
            value = value[int(token)] if token.isdecimal() and int(token) < len(value) else None
            parts.append(f"[{_name(value) or token}]")
            continue
        value = value.get(token) if isinstance(value, dict) else None
        parts.append(f"[{token}]" if "/" in token else f"/{token}")
    return "".join(parts).lstrip("/")


def _name(value: Plain) -> str:
    name = (value.get("name") or value.get("url") or value.get("$ref")) if isinstance(value, dict) else ""
    return name if isinstance(name, str) else ""

"""Edits of a contract's files, by places. What an alias or a merge key shares with other places is not edited."""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, field
from urllib.parse import quote

from batten.contract import Contract, Place
from batten.contract.operations import OF_EDGE, is_of_edge
from batten.formats import Mapping, Node, Scalar, Sequence, apply
from batten.formats.document import Text
from batten.formats.tree import Plain
from batten.formats.yaml import parse
from batten.harden import HardenProblem
from batten.model import Edit, Span
from batten.technologies.shared.text.entries import Page

_ABOUT = "What the edge answers itself, for the files of this contract."


@dataclass(slots=True)
class Editing:
    """Edits at one offset are made in the order in which they are asked for, so what lies deeper is asked for first."""

    contract: Contract
    edits: list[Edit] = field(default_factory=list)
    left: list[Place] = field(default_factory=list)  # what could not be edited
    made: dict[str, str] = field(default_factory=dict)  # texts of new files
    home: str = field(init=False)  # the file of the edge's components

    def __post_init__(self) -> None:
        # The contract's only file. Of several, one that has nothing else: few tools follow references back to the
        # first.
        contract = self.contract
        files = contract.references.sources.files
        if len(files) == 1:
            self.home = contract.path
        else:
            kind = ".json" if contract.path.endswith(".json") else ".yaml"
            free = (f"edge-answers{number or ''}{kind}" for number in range(len(files) + 1))
            marked = (
                path for path, source in files.items() if path != contract.path and is_of_edge(source.data)
            )
            self.home = next(marked, None) or next(name for name in free if name not in files)

    def top(self, path: str) -> Mapping:
        """All of a file that is a mapping: the first, and that of the edge's components."""
        node = self.page(path).root
        assert isinstance(node, Mapping)  # else it would not have been taken for either
        return node

    def make(self, entries: dict[str, Plain]) -> None:
        """The file of the edge's components, where there is none yet."""
        if self.home.endswith(".json"):
            self.made[self.home] = json.dumps(entries, indent=2) + "\n"
            return
        source = Text(self.home, f"# {_ABOUT}\n{OF_EDGE}: true\n")
        page = Page(source, parse(source.text))
        assert isinstance(page.root, Mapping)
        edits = [page.append(page.root, key, value) for key, value in entries.items() if key != OF_EDGE]
        self.made[self.home] = apply(source.text, edits)

    def page(self, path: str) -> Page:
        source = self.contract.references.sources.files[path]
        return Page(source.text, source.root)

    def mapping(self, place: Place) -> Mapping | None:
        """The mapping at a place, where it is written there and nowhere else."""
        node: Node | None = self.page(place.source).root
        for token in place.tokens:
            # One step down; None through what is written elsewhere.
            if isinstance(node, Mapping):
                entry = node.entry(token)
                node = None if entry is None or entry.alias is not None or entry.merged else entry.value
            elif isinstance(node, Sequence) and token.isdecimal() and int(token) < len(node.items):
                node = None if int(token) in node.aliases else node.items[int(token)]
            else:
                node = None
        return node if isinstance(node, Mapping) else None

    def is_null(self, place: Place) -> bool:
        """Whether a key stands there, and nothing behind it."""
        if not place.tokens:
            return False
        holder = self.mapping(Place(place.source, place.tokens[:-1]))
        entry = holder.entry(place.tokens[-1]) if holder is not None else None
        return entry is not None and isinstance(entry.value, Scalar) and entry.value.value is None

    def add(self, place: Place, entries: dict[str, Plain], before: tuple[str, ...] = ()) -> bool:
        """Entries for the mapping at a place, in front of the first that is there of `before`, else at its end."""
        holder = self.mapping(place)
        if holder is None or (holder.flow and any(entry.merged for entry in holder)):
            self.left.append(place)
            return False
        page = self.page(place.source)
        found = next((e for name in before if (e := holder.entry(name)) and not e.merged), None)
        if holder.flow and not holder.entries:
            at = Span(holder.span.start + 1, holder.span.start + 1)
            self.edits.append(page.replace(at, json.dumps(entries)[1:-1]))
            return True
        for key, value in entries.items():
            self.edits.append(
                page.append(holder, key, value) if found is None else page.before(holder, found, key, value)
            )
        return True

    def put(self, place: Place, key: str, value: Plain, before: tuple[str, ...] = ()) -> bool:
        """An entry with this value, made or changed; nothing is done where it has that already."""
        holder = self.mapping(place)
        entry = holder.entry(key) if holder is not None else None
        if holder is None or entry is None:
            return self.add(place, {key: value}, before)
        if entry.value.plain() == value:
            return True
        if entry.alias is not None or entry.merged:
            self.left.append(place / key)
            return False
        self.edits.append(self.page(place.source).rewrite(holder, entry, value))
        return True

    def reference(self, place: Place, pointer: str) -> Plain:
        """How a file names what is at a pointer of the edge's components."""
        if place.source == self.home:
            return {"$ref": f"#{pointer}"}
        folder = posixpath.dirname(place.source) or "."
        return {"$ref": f"{quote(posixpath.relpath(self.home, folder))}#{pointer}"}

    def texts(self) -> dict[str, str]:
        """All files of the contract as they become."""
        by_path: dict[str, list[Edit]] = {path: [] for path in self.contract.files}
        for edit in self.edits:
            by_path[edit.source].append(edit)
        try:
            edited = {path: apply(self.page(path).source.text, edits) for path, edits in by_path.items()}
        except ValueError as error:
            raise HardenProblem(
                f"{self.contract.path} cannot be written: {error}; report it with the contract"
            ) from error
        return {**edited, **self.made}

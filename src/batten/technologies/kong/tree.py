"""Kong's declarative configuration as places, whether something is written there or not.

Source: https://developer.konghq.com/deck/reference/entities/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import SyntaxProblem, Workspace, json, yaml
from batten.formats.paths import Path
from batten.formats.tree import Mapping, Node, Scalar, Sequence
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record

# What a vault, decK or a deployment tool fills in: {vault://…}, ${{ env "DECK_…" }}, ${…}, {{ … }}.
_REFERENCE = re.compile(r"\{vault://|\$\{|\{\{|<%|__\w+__|@@\w+@@|^\$\w+$")


def referring(text: str) -> bool:
    return bool(_REFERENCE.search(text))


@record
class Item:
    """`node` is None, and `span` that of the nearest thing above, where nothing is written."""

    source: str
    pointer: str
    path: Path
    node: Node | None
    span: Span

    def __getitem__(self, key: str) -> Item:
        entry = self.node.entry(key) if isinstance(self.node, Mapping) else None
        pointer = f"{self.pointer}/{key}" if self.pointer else key
        if entry is None:
            return Item(self.source, pointer, (*self.path, key), None, self.span)
        return Item(self.source, pointer, (*self.path, key), entry.value, entry.alias or entry.value.span)

    def of(self, *keys: str) -> Item:
        found = self
        for key in keys:
            found = found[key]
        return found

    def __bool__(self) -> bool:
        """Whether a value is written; null is none."""
        return self.node is not None and not (isinstance(self.node, Scalar) and self.node.value is None)

    @property
    def key(self) -> str:
        """The last key above it; of an item of a list, the list's."""
        return next((k for k in reversed(self.path) if isinstance(k, str)), "")

    @property
    def text(self) -> str:
        """A scalar as a word; "" for anything else."""
        return self.node.text if self and isinstance(self.node, Scalar) else ""

    @property
    def known(self) -> bool:
        return not referring(self.text)

    @property
    def word(self) -> str:
        """A scalar that is said here; "" for anything else."""
        return self.text if self.known else ""

    @property
    def here(self) -> Location:
        return Location(self.source, self.pointer, self.span)

    @property
    def block(self) -> Location:
        return Location(self.source, self.pointer, self.span, kind=Kind.BLOCK)

    @property
    def at(self) -> Location:
        """The value's own place, or the block that lacks it."""
        return self.here if self else self.block

    def items(self) -> Iterator[Item]:
        """The items of a list, each by its name, where it has one."""
        taken: dict[str, int] = {}
        for number, node in enumerate(self.node if isinstance(self.node, Sequence) else ()):
            assert isinstance(self.node, Sequence)
            span = self.node.aliases.get(number, node.span)
            made = Item(self.source, "", (*self.path, number), node, span)
            name = _name(made) or str(number)
            taken[name] = taken.get(name, 0) + 1
            shown = name if taken[name] == 1 else f"{name}#{taken[name]}"
            yield Item(self.source, f"{self.pointer}[{shown}]", made.path, node, span)

    def entries(self) -> Iterator[Item]:
        for entry in self.node if isinstance(self.node, Mapping) else ():
            yield self[entry.key.text]

    def walk(self) -> Iterator[Item]:
        """This and everything below it, in the order of the file."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += reversed([*found.entries(), *found.items()])

    def words(self) -> tuple[str, ...] | None:
        """A list's words; None where one is not known, or there is no list."""
        if not isinstance(self.node, Sequence):
            return None
        found = tuple(i.text for i in self.items())
        return None if any(referring(w) for w in found) else found

    def listed(self, default: tuple[str, ...] | Absent = ABSENT) -> Setting[tuple[str, ...]]:
        if not self:
            return Setting(ABSENT, self.block, default)
        words = self.words()
        return Setting(UNKNOWN if words is None else words, self.here)

    def flag(self, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        if not self:
            return Setting(ABSENT, self.block, default)
        return Setting({"true": True, "false": False}.get(self.text.lower(), UNKNOWN), self.here)


def _name(item: Item) -> str:
    for key in ("name", "username", "custom_id", "id", "target", "consumer"):
        if item[key].word:
            return item[key].word
    return ""


def load(file: str, workspace: Workspace) -> Item:
    """The root of a file. Raises SyntaxProblem and Unreadable."""
    parse = json.parse if is_json(file) else yaml.parse
    root = workspace.document(file, parse).tree
    if not isinstance(root, Mapping):
        raise SyntaxProblem(
            "Kong's configuration must be a mapping",
            root.span.start,
            'start it with `_format_version: "3.0"`',
        )
    return Item(file, "", (), root, root.span)


def is_json(path: str) -> bool:
    return path.endswith(".json")


def places(root: Item) -> dict[str, Item]:
    """Everything that is written below the root, and the root, by pointer."""
    found: dict[str, Item] = {}
    for item in root.walk():
        found.setdefault(item.pointer, item)
    return found


def find(places: dict[str, Item], pointer: str) -> Item | None:
    """The place that a pointer names: what is written there, or what would be below the last that is."""
    above = pointer
    while above not in places:
        above = above[: max(above.rfind("/"), above.rfind("["), 0)]
    rest = pointer[len(above) :].strip("/")
    if not rest:
        return places[above]
    return places[above].of(*rest.split("/")) if "[" not in rest else None

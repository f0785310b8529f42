"""Kong's declarative configuration as places, whether something is written there or not.

Source: https://developer.konghq.com/deck/reference/entities/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import SyntaxProblem, Workspace, json, yaml
from batten.formats.tree import Entry, Mapping, Node, Sequence
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Span, Unknown
from batten.model.record import record
from batten.technologies.shared.text.field_edits import is_json
from batten.technologies.shared.text.fields import Field

# What a vault, decK or a deployment tool fills in: {vault://…}, ${{ env "DECK_…" }}, ${…}, {{ … }}.
_REFERENCE = re.compile(r"\{vault://|\$\{|\{\{|<%|__\w+__|@@\w+@@|^\$\w+$")


def referring(text: str) -> bool:
    return bool(_REFERENCE.search(text))


@record
class Item(Field):
    """A place; null is nothing."""

    def _below(
        self, key: str | int, written: str | int, node: Node | None, span: Span, entry: Entry | None
    ) -> Item:
        pointer = f"{self.pointer}/{key}" if self.pointer else str(key)
        return Item(self.source, pointer, (*self.path, written), node, span, self.root)

    def __bool__(self) -> bool:
        return self.exists

    @property
    def known(self) -> bool:
        return not referring(self.text)

    @property
    def word(self) -> str:
        """A scalar that is said here; "" for anything else."""
        return self.text if self.known else ""

    def items(self) -> Iterator[Item]:
        """The items of a list, each by its name, where it has one that no item before it has."""
        taken: dict[str, int] = {}
        for number in range(len(self.node.items) if isinstance(self.node, Sequence) else 0):
            item = self[number]
            name = item.called or str(number)
            taken[name] = taken.get(name, 0) + 1
            shown = name if taken[name] == 1 else f"{name}#{taken[name]}"
            yield item.named(f"{self.pointer}[{shown}]")

    @property
    def called(self) -> str:
        names = ("name", "username", "custom_id", "id", "target", "consumer")
        return next((word for name in names if (word := self[name].word)), "")

    def values(self) -> Iterator[Item]:
        """The values of a mapping."""
        for entry in self.node if isinstance(self.node, Mapping) else ():
            yield self[entry.key.text]

    def walk(self) -> Iterator[Item]:
        """This and everything below it, in the order of the file."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += reversed([*found.values(), *found.items()])

    def words(self) -> tuple[str, ...] | None:
        """A list's words; None where one is not known, or there is no list."""
        if not isinstance(self.node, Sequence):
            return None
        found = tuple(i.text for i in self.items())
        return None if any(referring(w) for w in found) else found

    def listed(self, default: tuple[str, ...] | Absent = ABSENT) -> Setting[tuple[str, ...]]:
        words = self.words()
        return self.setting(UNKNOWN if words is None else words, default)

    def flag(self, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        return self.setting(UNKNOWN if self.truth is None else self.truth, default)


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
    return Item(file, "", (), root, root.span, root)


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

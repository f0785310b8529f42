"""What a vendor lets people set, and what batten makes of each: an `inventory.txt` in a technology's folder.

A line is a standing, a setting as the vendor spells it, and what the standing needs to be believed: the slugs of the
controls that judge it, what a reader uses it for, why it touches nothing, or what it would touch. Lines that start with
"#" give the title, the version and the vendor's pages. An `irrelevant` setting may be a glob with `*`.

An adapter offers `settings(unit, workspace) -> Iterator[tuple[str, Location]]`, the settings that the unit's files use, as the
inventory spells them; it is only asked where a text holds the last word of a setting that is not read.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from batten.files.own import own_text
from batten.model.record import record
from batten.technologies._wings import folder_of, packages


class Standing(Enum):
    JUDGED = "judged"
    READ = "read"
    IRRELEVANT = "irrelevant"
    UNREAD = "unread"


@record
class Listed:
    """`said` is the rest of its line: slugs, what it is read for, why it is irrelevant, or what it would touch."""

    name: str
    standing: Standing
    said: str

    @property
    def last(self) -> str:
        """The word that a file holds where it uses the setting: what is after the last dot or blank."""
        return re.split(r"[. ]", self.name)[-1].rstrip("[]")


@record
class Inventory:
    """`head` has the lines that say where it comes from."""

    technology: str
    head: tuple[str, ...]
    settings: tuple[Listed, ...]

    def of(self, standing: Standing) -> tuple[Listed, ...]:
        return tuple(one for one in self.settings if one.standing is standing)

    @property
    def relevant(self) -> int:
        """How many settings touch what batten is for."""
        return sum(one.standing is not Standing.IRRELEVANT for one in self.settings)

    @property
    def covered(self) -> float:
        """The share of the relevant settings that are judged or read."""
        return 1 - len(self.of(Standing.UNREAD)) / self.relevant if self.relevant else 1.0


FILE = "inventory.txt"


@cache
def inventory(technology: str) -> Inventory | None:
    """The inventory of a technology; None where it has none. Raises ValueError for a line that is none."""
    text = own_text(f"{folder_of(technology)}/{FILE}") if technology in packages() else None
    if text is None:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    head = tuple(line[1:].strip() for line in lines if line.startswith("#"))
    return Inventory(technology, head, tuple(_listed(line) for line in lines if not line.startswith("#")))


def _listed(line: str) -> Listed:
    """A line: columns are apart by two blanks or more, so that a setting may hold one."""
    standing, name, *said = re.split(r"\s{2,}", line.strip(), maxsplit=2)
    return Listed(name, Standing(standing), *(said or [""]))


@cache
def unread(technology: str) -> dict[str, Listed]:
    """The settings that the ledger names where a file uses them."""
    found = inventory(technology)
    return {one.name: one for one in found.of(Standing.UNREAD)} if found is not None else {}


@cache
def suspects(technology: str) -> re.Pattern[str] | None:
    """What a text holds that may use a setting that is not read; None where every setting is read."""
    words = sorted({one.last for one in unread(technology).values()})
    # Each word with its own look behind: an expression that begins with letters is searched for by the first of them.
    ours = "|".join(f"{re.escape(word)}(?<![\\w-]{re.escape(word)})" for word in words)
    return re.compile(rf"(?:{ours})(?![\w-])") if words else None  # ours: an inventory's

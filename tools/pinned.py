"""The releases in constraints.txt. The standard library only: a build reads them, too."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

PLACE = Path(__file__).parents[1] / "constraints.txt"
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)==([^\s;\\]+)\s*(?:;\s*([^\\\n]+?))?\s*(?:\\|$)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One release; `licence` is an SPDX expression as its metadata tells, for what batten runs with only."""

    name: str
    version: str
    marker: str = ""
    part: str = ""
    licence: str = ""
    hashes: tuple[str, ...] = ()  # SHA-256 of each of its files

    @property
    def normal(self) -> str:
        """The name as indexes and package URLs write it."""
        return re.sub(r"[-_.]+", "-", self.name).lower()


def read(text: str) -> list[Pin]:
    """The pins of a constraints file, in order."""
    pins: list[Pin] = []
    part = licence = ""
    for line in text.splitlines():
        if line.startswith("# == "):
            part = line.removeprefix("# == ").strip()
        elif line.startswith("# licence: "):
            licence = line.removeprefix("# licence: ").strip()
        elif found := _PIN.match(line):
            pins.append(Pin(found[1], found[2], found[3] or "", part, licence))
            licence = ""
        elif pins and (hashes := _HASH.findall(line)):
            pins[-1] = replace(pins[-1], hashes=(*pins[-1].hashes, *hashes))
    return pins

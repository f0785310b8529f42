"""What third parties add, under the entry points `batten.controls` and `batten.technologies`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path


@cache
def _offers() -> bool:
    """Whether any installed distribution names one of our entry points.

    importlib.metadata costs more to import than a review of one file takes, and nearly nobody has
    plug-ins: so look into the metadata files first.
    """
    return any(_names_ours(Path(folder)) for folder in dict.fromkeys(sys.path) if folder)


def _names_ours(folder: Path) -> bool:
    try:
        found = list(folder.glob("*.dist-info/entry_points.txt"))
        return any(b"[batten." in points.read_bytes() for points in found)
    except OSError:
        return False  # not a folder, or not ours to read


def plugins(group: str) -> Iterator[object]:
    """The objects that entry points of a group name, imported."""
    if _offers():
        metadata = import_module("importlib.metadata")
        for entry in metadata.entry_points(group=group):
            yield entry.load()

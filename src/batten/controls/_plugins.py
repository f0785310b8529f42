"""What third parties add, under the entry points `batten.controls` and `batten.technologies`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path


@cache
def offering() -> tuple[str, ...]:
    """The metadata files of installed distributions that name one of our entry points.

    importlib.metadata costs more to import than a review of one file takes, and nearly nobody has
    plug-ins: so look into the metadata files first.
    """
    return tuple(f for folder in dict.fromkeys(sys.path) if folder for f in _naming_ours(Path(folder)))


def _naming_ours(folder: Path) -> list[str]:
    try:
        found = list(folder.glob("*.dist-info/entry_points.txt"))
        return [str(points) for points in found if b"[batten." in points.read_bytes()]
    except OSError:
        return []  # not a folder, or not ours to read


def plugins(group: str) -> Iterator[object]:
    """The objects that entry points of a group name, imported."""
    if offering():
        metadata = import_module("importlib.metadata")
        for entry in metadata.entry_points(group=group):
            yield entry.load()

"""What third parties add, under the entry points `batten.controls` and `batten.technologies`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from batten.files.own import entry_points


@cache
def offering() -> tuple[str, ...]:
    """The metadata files of installed distributions that name one of our entry points.

    importlib.metadata costs more to import than a review of one file takes, and nearly nobody has
    plug-ins: so look into the metadata files first.
    """
    folders = (folder for folder in dict.fromkeys(sys.path) if folder)
    return tuple(path for folder in folders for path, text in entry_points(folder) if b"[batten." in text)


def plugins(group: str) -> Iterator[object]:
    """The objects that entry points of a group name, imported."""
    if offering():
        metadata = import_module("importlib.metadata")
        for entry in metadata.entry_points(group=group):
            yield entry.load()

"""What batten itself is made of, and what is installed beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import batten

HOME = Path(batten.__file__).parent


def own_text(path: str) -> str | None:
    """The text of a file of the package, by its path below it; None when there is none."""
    try:
        return (HOME / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def own_tree(path: str) -> dict[str, bytes]:
    """The content of each file below a folder of the package, by its path there; nothing when there is no such folder."""
    top = HOME / path
    files = (
        found for found in sorted(top.rglob("*")) if found.is_file() and "__pycache__" not in found.parts
    )
    return {found.relative_to(top).as_posix(): found.read_bytes() for found in files}


def own_files(folder: str = str(HOME)) -> Iterator[tuple[str, int, int]]:
    """Each Python file of batten's: path, time of change in nanoseconds, size in bytes."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from own_files(entry.path)
        elif entry.name.endswith(".py"):
            status = entry.stat()
            yield entry.path, status.st_mtime_ns, status.st_size


def entry_points(folder: str) -> list[tuple[str, bytes]]:
    """The metadata files of a folder of installed distributions that name entry points, and what they say."""
    try:
        found = list(Path(folder).glob("*.dist-info/entry_points.txt"))
        return [(str(points), points.read_bytes()) for points in found]
    except OSError:
        return []  # not a folder, or not ours to read

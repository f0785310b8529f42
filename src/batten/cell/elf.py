"""Which libraries a program needs, read from its ELF file, so that its cell shows no others.

Source: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html and ld.so(8)
"""

from __future__ import annotations

import glob
import os
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from batten.model.record import record

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29
_USUAL = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")
_LARGEST = 1 << 20  # of a table; a program's dynamic section has some dozen rows


@record
class Linked:
    """What a file says of its libraries: the loader, names, and folders to search."""

    interpreter: str
    needed: tuple[str, ...]
    folders: tuple[str, ...]


def libraries(program: Path, *loaded: Path) -> tuple[Path, ...]:
    """The loader and every library of a program and of what it opens by itself, at the paths where the
    loader looks for them. Libraries that are nowhere are left out: the loader tells of them."""
    found: dict[str, None] = {}
    waiting = [str(program), *map(str, loaded)]
    seen = set(waiting)
    while waiting:
        for path in _direct(waiting.pop()):
            if path not in seen:
                seen.add(path)
                found[path] = None
                waiting.append(path)
    return tuple(map(Path, found))


@cache
def _direct(path: str) -> tuple[str, ...]:
    linked = read(path)
    if linked is None:
        return ()
    places = (_placed(name, linked.folders) for name in linked.needed)
    return tuple(p for p in (linked.interpreter, *places) if p)


def _placed(name: str, folders: tuple[str, ...]) -> str:
    if "/" in name:
        return name if os.path.exists(name) else ""
    for folder in (*folders, *searched()):
        path = f"{folder}/{name}"
        if os.path.exists(path):
            return path
    return ""


@cache
def searched() -> tuple[str, ...]:
    """The folders of ld.so.conf, then those that every loader knows."""
    return tuple(dict.fromkeys((*_configured("/etc/ld.so.conf"), *_USUAL)))


def _configured(path: str) -> Iterator[str]:
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.partition("#")[0].split()
        if words[:1] == ["include"]:
            for pattern in words[1:]:
                for file in sorted(glob.glob(os.path.join(os.path.dirname(path), pattern))):
                    yield from _configured(file)
        elif words and words[0].startswith("/"):
            yield words[0]


@cache
def read(path: str) -> Linked | None:
    """What the file says; None when it is no 64-bit little-endian ELF file."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(64)
            if head[:6] != b"\x7fELF\x02\x01" or len(head) < 64:
                return None
            linked_file = file.fileno()
            (table,) = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            raw = os.pread(linked_file, size * count, table)
            segments = [struct.unpack_from("<IIQQQQQQ", raw, number * size) for number in range(count)]
            interpreter = next(
                (os.pread(linked_file, s[5], s[2]) for s in segments if s[0] == _INTERPRETER), b""
            )
            dynamic = next(
                (os.pread(linked_file, min(s[5], _LARGEST), s[2]) for s in segments if s[0] == _DYNAMIC), b""
            )
            rows = [pair for pair in struct.iter_unpack("<QQ", dynamic[: len(dynamic) // 16 * 16]) if pair[0]]
            strings = next((value for tag, value in rows if tag == _STRINGS), 0)
            start = next(
                (strings - s[3] + s[2] for s in segments if s[0] == _LOAD and 0 <= strings - s[3] < s[5]), 0
            )

            def text(offset: int) -> str:
                return (
                    os.pread(linked_file, 4096, start + offset)
                    .partition(b"\0")[0]
                    .decode("utf-8", "surrogateescape")
                )

            origin = os.path.dirname(os.path.realpath(path))
            folders = [text(value) for tag, value in rows if tag in (_RPATH, _RUNPATH)]
            spread = ":".join(folders).replace("${ORIGIN}", origin).replace("$ORIGIN", origin).split(":")
            return Linked(
                interpreter.rstrip(b"\0").decode("utf-8", "surrogateescape"),
                tuple(text(value) for tag, value in rows if tag == _NEEDED),
                tuple(os.path.normpath(f) for f in spread if f.startswith("/")),
            )
    except (OSError, OverflowError, struct.error):
        return None

"""nginx's syntax: quoted words, blocks, maps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


def quoted(text: str) -> str:
    """One word that nginx reads back as `text`; variables in it stay variables."""
    escaped = re.sub(r"\\(?=[\"'\\trn]|$)", r"\\\\", text).replace('"', '\\"')
    return f'"{escaped}"'


def indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" if line else "" for line in lines)


def block(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{head} {{"
    yield from indented(lines)
    yield "}"


def table(source: str, variable: str, rows: Iterable[tuple[str, str]], default: str = "") -> Iterator[str]:
    """A map; keys are written as they are, values are quoted. Rows that say what the default says are
    left out."""
    lines = [f"{key} {quoted(value)};" for key, value in rows if value != default]
    return block(f"map {source} {variable}", [f"default {quoted(default)};", *lines])

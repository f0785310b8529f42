"""A service's command line, as the words its program gets."""

from __future__ import annotations

import shlex

from batten.technologies.compose.parts import Part

_SHELLS = frozenset(["sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash"])


def words(service: Part) -> tuple[str, ...]:
    """Words of entrypoint and command; those of a script that a shell is given are taken apart."""
    found = [*_words(service["entrypoint"]), *_words(service["command"])]
    if len(found) > 2 and found[0] in _SHELLS and found[1].endswith("c"):
        return tuple(split(found[2]))
    return tuple(found)


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _words(part: Part | None) -> list[str]:
    if part is None:
        return []
    if part.items is not None:
        return [p.text for p in part.items]
    return split(part.text)

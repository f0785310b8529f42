"""A service's command line, as the words its program gets."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from batten.model import Location
from batten.technologies.orchestration.compose.parts import Part

_SHELLS = frozenset(["sh", "bash", "ash", "dash"])


def arguments(service: Part, name: str) -> tuple[tuple[str, Location], ...]:
    """Words of entrypoint and command, each with its place; those of a script that a shell is given are
    taken apart."""
    found = [*_words(service, "entrypoint", name), *_words(service, "command", name)]
    if len(found) > 2 and found[0][0].rpartition("/")[2] in _SHELLS and found[1][0].endswith("c"):
        script, at = found[2]
        return tuple((word, at) for word in split(script))
    return tuple(found)


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _words(service: Part, key: str, name: str) -> Iterator[tuple[str, Location]]:
    part = service[key]
    if part is None:
        return
    pointer = f"services[{name}]/{key}"
    if part.items is None:
        yield from ((word, part.at(pointer)) for word in split(part.text))
        return
    yield from ((item.text, item.at(pointer)) for item in part.items)

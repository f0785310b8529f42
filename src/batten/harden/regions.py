"""Extension points: lines of a rendered file that belong to people, and stay when it is rendered again.

A region is between `# batten: begin own rules NAME` and `# batten: end own rules NAME`. Targets render it empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.harden.options import HardenProblem
from batten.model.record import record

_MARKER = re.compile(r"[ \t]*# batten: (begin|end) own rules ([a-z0-9][a-z0-9-]{0,39})[ \t]*\r?")
_ALMOST = re.compile(r"#\s*batten:\s*(?:begin|end)\b", re.IGNORECASE)


@record
class Region:
    """`lines` are between the markers, with their ends; `line` is that of the first marker, counted from 1."""

    name: str
    line: int
    lines: tuple[str, ...]


def region(name: str, what: str) -> Iterator[str]:
    """The lines of an empty region; `what` says for people what belongs there."""
    yield f"# {what} The lines between these two marks are kept."
    yield f"# batten: begin own rules {name}"
    yield f"# batten: end own rules {name}"


def regions(path: str, text: str) -> dict[str, Region]:
    """The regions of a file by their names. Raises HardenProblem that says where a mark is wrong."""
    found: dict[str, Region] = {}
    name, began, lines = "", 0, list[str]()
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = _MARKER.fullmatch(line.rstrip("\n"))
        if mark is None:
            if _ALMOST.search(line):
                raise _wrong(path, number, "this mark of a region was changed")
            lines.append(line)
        elif mark[1] == "begin":
            if name:
                raise _wrong(path, number, f"the region '{name}' of line {began} has no end")
            name, began, lines = mark[2], number, []
        elif mark[2] != name:
            raise _wrong(path, number, f"the region '{mark[2]}' has no beginning")
        else:
            one = Region(name, began, tuple(lines))
            if one.name in found:
                raise _wrong(path, one.line, f"the region '{one.name}' is there twice")
            found[one.name] = one
            name = ""
    if name:
        raise _wrong(path, began, f"the region '{name}' has no end")
    return found


def _wrong(path: str, line: int, what: str) -> HardenProblem:
    return HardenProblem(
        f"{path}:{line}: {what}; restore the marks, or move your rules elsewhere and remove the file"
    )


def kept(path: str, rendered: str, existing: str) -> str:
    """The rendered text with what people wrote into the regions of the existing one.

    Raises HardenProblem for marks that were changed, and for a region with rules that is not rendered any more.
    """
    own = {name: one for name, one in regions(path, existing).items() if any(map(str.strip, one.lines))}
    offered = regions(path, rendered)
    for name, one in own.items():
        if name not in offered:
            raise _wrong(path, one.line, f"the region '{name}' holds rules, and is not rendered any more")
    return _filled(rendered, {name: one.lines for name, one in own.items()})


def emptied(path: str, text: str) -> str:
    """The text without what people wrote into its regions. Raises HardenProblem for marks that were changed."""
    return _filled(text, {}) if regions(path, text) else text


def _filled(text: str, own: dict[str, tuple[str, ...]]) -> str:
    made: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        mark = _MARKER.fullmatch(line.rstrip("\n"))
        inside = inside if mark is None else mark[1] == "begin"
        if mark is not None or not inside:
            made.append(line)
        if mark is not None and inside:
            made += own.get(mark[2], ())
    return "".join(made)

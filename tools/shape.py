"""The shape of the code, room by room: files, lines, functions and their lengths, and the share of comments.

`python tools/shape.py` prints a table, and how many lines a pair of control and technology takes. With `--check` it
ends with 1 when a function is longer than LONGEST lines, or the median of all functions is over MEDIAN.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

BATTEN = Path(__file__).resolve().parents[1] / "src" / "batten"
LONGEST, MEDIAN = 60, 7


@dataclass
class Function:
    """`lines` from `def` to the last statement: a decorator, such as an option of a command, is none of them."""

    file: str
    name: str
    line: int
    lines: int


@dataclass
class Room:
    """What lies below one folder of src/batten, or the modules beside the folders."""

    name: str
    files: int = 0
    lines: int = 0
    comments: int = 0
    functions: list[Function] = field(default_factory=list)

    @property
    def lengths(self) -> list[int]:
        return [f.lines for f in self.functions] or [0]


def rooms() -> list[Room]:
    found: dict[str, Room] = {}
    for file in sorted(BATTEN.rglob("*.py")):
        parts = file.relative_to(BATTEN).parts
        name = parts[0] if len(parts) > 1 else "(top)"
        _count(found.setdefault(name, Room(name)), file)
    return list(found.values())


def _count(room: Room, file: Path) -> None:
    text = file.read_text("utf-8")
    lines = [line.strip() for line in text.splitlines()]
    room.files += 1
    room.lines += len(lines)
    room.comments += sum("# " in line and "# noqa" not in line for line in lines)
    room.functions += _functions(ast.parse(text), file.relative_to(BATTEN).as_posix())


def _functions(tree: ast.Module, file: str) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(file, node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)


def pairs() -> int:
    """How many pairs of control and technology have fixtures, as docs/coverage.md counts them."""
    table = json.loads((BATTEN / "reports" / "coverage.json").read_text("utf-8"))
    return sum(len(technologies) for technologies in table.values())


def table(found: list[Room]) -> Iterator[str]:
    yield f"{'room':14}{'files':>6}{'lines':>8}{'functions':>11}{'median':>8}{'longest':>9}{'comments':>10}"
    everything = Room("all")
    for room in found:
        everything.files += room.files
        everything.lines += room.lines
        everything.comments += room.comments
        everything.functions += room.functions
    for room in (*found, everything):
        share = f"{100 * room.comments / max(room.lines, 1):.1f} %"
        yield (
            f"{room.name:14}{room.files:>6}{room.lines:>8}{len(room.functions):>11}"
            f"{median(room.lengths):>8g}{max(room.lengths):>9}{share:>10}"
        )
    count = pairs()
    yield f"{everything.lines / count:.1f} lines for each of {count} pairs of control and technology"


def complaints(found: list[Room]) -> Iterator[str]:
    functions = [f for room in found for f in room.functions]
    for function in sorted(functions, key=lambda f: -f.lines):
        if function.lines > LONGEST:
            yield f"src/batten/{function.file}:{function.line} {function.name} has {function.lines} lines"
    middle = median(f.lines for f in functions)
    if middle > MEDIAN:
        yield f"the median function has {middle:g} lines, over {MEDIAN}"


def main() -> int:
    found = rooms()
    wrong = list(complaints(found))
    checking = "--check" in sys.argv[1:]
    print("\n".join(wrong if checking else table(found)))
    return 1 if checking and wrong else 0


if __name__ == "__main__":
    sys.exit(main())

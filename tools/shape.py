"""The shape of the code: lines, tokens, complexity, sizes of files, and helpers with one reference.

`python tools/shape.py` prints a table of the rooms of src/batten and the figures of the whole; `--before REVISION` adds a
column with those of another revision. With `--check` it ends with 1 when a function is more complex than COMPLEXITY, a twentieth
of all are more complex than USUAL, a file has more than LONGEST lines, or the share of private functions with one reference in
their file is over SINGLE: a helper earns its place by a second caller, a test of its own, or a name that says more than its body.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import tarfile
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "src/batten/"
COVERAGE = PACKAGE + "reports/coverage.json"
COMPLEXITY, USUAL = 15, 10  # McCabe's number: of any function, and of nineteen in twenty
LONGEST = 600  # lines of a file
SINGLE = 0.275  # of all functions: private ones with one reference in their file
SMALL, LARGE = 60, 400  # lines of a file, between which one noun mostly fits
_LAYOUT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension)


@dataclass
class Function:
    file: str
    name: str
    line: int
    complexity: int
    single: bool  # private, and referred to once in its file


@dataclass
class Room:
    """What lies below one folder of src/batten, or the modules beside the folders."""

    files: list[tuple[str, int]] = field(default_factory=list)  # paths, and their lines
    tokens: int = 0
    functions: list[Function] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return sum(lines for _, lines in self.files)

    @property
    def single(self) -> float:
        return sum(f.single for f in self.functions) / max(len(self.functions), 1)

    def usual(self, share: float) -> int:
        """The complexity that so many of the functions do not exceed."""
        ordered = sorted(f.complexity for f in self.functions) or [0]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def add(self, path: str, text: str) -> None:
        self.files.append((path, len(text.splitlines())))
        kinds = (token.type for token in tokenize.generate_tokens(io.StringIO(text).readline))
        self.tokens += sum(kind not in _LAYOUT for kind in kinds)
        tree = ast.parse(text)
        references = Counter(
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Name | ast.Attribute)
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                private = node.name.startswith("_") and not node.name.startswith("__")
                single = private and references[node.name] == 1
                self.functions.append(Function(path, node.name, node.lineno, complexity(node), single))


def complexity(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """McCabe's cyclomatic complexity: one, and one more for each branch, loop, handler, case and part of a comprehension. A case of
    one simple statement is a row of a table, and counts as none."""
    branches = sum(isinstance(node, _BRANCHES) for node in ast.walk(function))
    cases = (node for node in ast.walk(function) if isinstance(node, ast.match_case))
    named = sum(len(case.body) > 1 or hasattr(case.body[0], "body") for case in cases)
    inner = sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(function)) - 1
    return 1 + branches + named + inner


def here() -> dict[str, str]:
    """The texts of this checkout, by their paths below its root."""
    paths = [*sorted((ROOT / PACKAGE).rglob("*.py")), ROOT / COVERAGE]
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}


def at(revision: str) -> dict[str, str]:
    """The same of a revision. Raises subprocess.CalledProcessError for one that git does not know."""
    packed = subprocess.run(
        ["git", "archive", "--format=tar", revision, PACKAGE], cwd=ROOT, check=True, capture_output=True
    ).stdout
    texts: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None and (member.name.endswith(".py") or member.name == COVERAGE):
                texts[member.name] = content.read().decode()
    return texts


def rooms(texts: dict[str, str]) -> dict[str, Room]:
    found: dict[str, Room] = {}
    for path, text in sorted(texts.items()):
        if path.endswith(".py"):
            name, inside, _ = path.removeprefix(PACKAGE).partition("/")
            found.setdefault(name if inside else "(top)", Room()).add(path, text)
    return found


def whole(found: Iterable[Room]) -> Room:
    everything = Room()
    for room in found:
        everything.files += room.files
        everything.tokens += room.tokens
        everything.functions += room.functions
    return everything


def figures(texts: dict[str, str]) -> dict[str, str]:
    """The figures of the whole, by their names."""
    room = whole(rooms(texts).values())
    pairs = sum(map(len, ast.literal_eval(texts[COVERAGE]).values()))
    return {
        "lines": f"{room.lines:,}",
        "tokens": f"{room.tokens:,}",
        "functions": f"{len(room.functions):,}",
        "private functions with one reference": f"{100 * room.single:.1f} %",
        "complexity: median, 95th percentile, most": f"{room.usual(0.5)}, {room.usual(0.95)}, {room.usual(1)}",
        f"functions more complex than {USUAL}": f"{sum(f.complexity > USUAL for f in room.functions):,}",
        f"functions more complex than {COMPLEXITY}": f"{sum(f.complexity > COMPLEXITY for f in room.functions):,}",
        "files": f"{len(room.files):,}",
        f"files under {SMALL} lines": f"{sum(lines < SMALL for _, lines in room.files):,}",
        f"files over {LARGE} lines": f"{sum(lines > LARGE for _, lines in room.files):,}",
        "longest file, in lines": f"{max(lines for _, lines in room.files):,}",
        "lines for each pair of control and technology": f"{room.lines / pairs:.1f}",
    }


def table(found: dict[str, Room]) -> Iterator[str]:
    yield f"{'room':14}{'files':>6}{'lines':>9}{'tokens':>11}{'functions':>11}{'single':>9}{'p95':>5}{'most':>6}"
    for name, room in found.items():
        yield (
            f"{name:14}{len(room.files):>6}{room.lines:>9,}{room.tokens:>11,}{len(room.functions):>11,}"
            f"{100 * room.single:>7.1f} %{room.usual(0.95):>5}{room.usual(1):>6}"
        )


def complaints(room: Room) -> Iterator[str]:
    for function in sorted(room.functions, key=lambda f: -f.complexity):
        if function.complexity > COMPLEXITY:
            yield (
                f"{function.file}:{function.line}: {function.name} has a complexity of {function.complexity}, over "
                f"{COMPLEXITY}: make what it decides a table, or give a part of it a name that says more than its body"
            )
    if room.usual(0.95) > USUAL:
        yield f"one function in twenty has a complexity of {room.usual(0.95)} or more, over {USUAL}"
    for path, lines in room.files:
        if lines > LONGEST:
            yield f"{path} has {lines} lines, over {LONGEST}: it holds more than one noun"
    if room.single > SINGLE:
        yield (
            f"{100 * room.single:.1f} % of all functions are private and have one reference, over {100 * SINGLE:.1f} %: "
            "write them where they are used"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="The shape of the code.")
    parser.add_argument("--check", action="store_true", help="end with 1 where a limit is exceeded")
    parser.add_argument(
        "--before", metavar="REVISION", help="show the figures of another revision beside those of now"
    )
    options = parser.parse_args()
    found = rooms(here())
    if options.check:
        wrong = list(complaints(whole(found.values())))
        print("\n".join(wrong))
        return 1 if wrong else 0
    print("\n".join(table(found)), end="\n\n")
    now, before = figures(here()), figures(at(options.before)) if options.before else {}
    if before:
        print(f"{'':46}{options.before[:12]:>14}{'now':>14}")
    for name, value in now.items():
        print(f"{name:46}" + (f"{before[name]:>14}" if before else "") + f"{value:>14}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

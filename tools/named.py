"""`make test K=word`: the tests whose names contain the word, the likely files first.

Collecting every file takes most of half a minute. The files that contain the word, or whose path does, are collected and run
first: their first test starts within seconds. The names of some tests are computed (an id for each page, control or
technology), so the other files are collected afterwards, and no test is missed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
NOTHING = 5  # how pytest ends when it ran no test


def words(expression: str) -> list[str]:
    """The names in an expression of pytest's -k."""
    return [
        w
        for w in re.findall(r"[^\s()]+", expression.lower())
        if w not in ("and", "or", "not", "true", "false")
    ]


def likely(expression: str) -> list[Path]:
    """The test files that contain one of the words, or whose path does; the runner of pages where a page's path does."""
    wanted = words(expression)
    found = {
        file
        for file in TESTS.rglob("test_*.py")
        if any(w in f"{file.relative_to(ROOT).as_posix()}\n{file.read_text()}".lower() for w in wanted)
    }
    pages = (
        "-".join(page.relative_to(TESTS / "pages").with_suffix("").parts)
        for page in TESTS.glob("pages/*/*.md")
    )
    if any(w in name or name in w for name in pages for w in wanted):
        found.add(TESTS / "test_pages.py")
    return sorted(found)


def run(expression: str, *more: str | Path) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", "-q", "-k", expression, *more], cwd=ROOT)


def main(arguments: Sequence[str]) -> int:
    expression, *options = arguments
    first = likely(expression)
    ends = []
    if first:
        print(f"{len(first)} files that contain {expression!r}:", flush=True)
        ends.append(run(expression, *options, *first))
    if not first or ends[0] in (0, NOTHING):
        print("The other files, for tests whose names are computed:", flush=True)
        ends.append(run(expression, *options, *(f"--ignore={file}" for file in first)))
    failed = [end for end in ends if end not in (0, NOTHING)]
    return failed[0] if failed else min(ends)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

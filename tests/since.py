"""`make test SINCE=main`: of the tests with the marker `served`, only those that a change since that revision can reach.

A test file is reached where itself, a helper of tests that it imports, a module of its room (tests/guard: batten.guard), of the technology
that it is named for, or one that those import was changed. Technologies are loaded by their names, so no import leads to them: the
folders below that go over all of them are reached by a change of any. What every test stands on (pyproject.toml, tests/conftest.py,
tools that install) reaches all. Tests without the marker always run, and CI runs everything.
"""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
ALL = (
    "pyproject.toml",
    "constraints.txt",
    "tests/conftest.py",
    "tests/served.py",
    "tests/since.py",
    "tools/install",
    "tools/servers",
    "tools/products",
    "tools/test.sh",
)
# Folders and files whose tests go over all technologies.
EVERY = (
    "cell",
    "cli",
    "doors",
    "engine",
    "fixes",
    "harden",
    "reports",
    "security",
    "technologies/test_store_servers",
    "test_",
)


def changed(revision: str, root: Path = ROOT) -> set[str]:
    """Files of the tree that differ from where this branch left the revision, those that git does not know included.

    Raises pytest.UsageError for a revision that git does not know.
    """

    def git(*words: str) -> list[str]:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
        if done.returncode:
            raise pytest.UsageError(f"SINCE={revision}: {done.stderr.strip()}")
        return done.stdout.splitlines()

    if revision.startswith("-"):
        raise pytest.UsageError(f"SINCE={revision}: no revision begins with a hyphen")
    (base,) = git("merge-base", revision, "HEAD")
    return {*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")}


class Reach:
    """Which test files a set of changed files reaches."""

    def __init__(self, files: set[str]) -> None:
        self.files = files
        self.everything = any(one.startswith(ALL) for one in files)
        self.technologies = any(one.startswith("src/batten/technologies/") for one in files)

    def __call__(self, file: Path) -> bool:
        """Whether the tests of that file, a path in tests/, are reached."""
        if self.everything:
            return True
        sources = helpers(file)
        if not self.files.isdisjoint(str(one.relative_to(ROOT)) for one in sources):
            return True
        below = file.relative_to(TESTS)
        if any(one.startswith(f"tests/{below.parent}/") for one in self.files if below.parent.parts):
            return True  # pages, stacks and policies that tests of its folder read
        if self.technologies and below.as_posix().startswith(EVERY):
            return True
        modules = {name for source in sources for name in imported(source)}
        reached = [closure(name, whole=False) for name in modules] + [closure(name) for name in rooms(below)]
        return not self.files.isdisjoint(set().union(*reached))


@cache
def graph() -> Any:
    return grimp.build_graph("batten", cache_dir=None)


@cache
def own_files() -> dict[str, set[str]]:
    """The files of each module; those that are no modules belong to the package in whose folder they are."""
    found: dict[str, set[str]] = {name: set() for name in graph().modules}
    for path in (ROOT / "src/batten").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            while name not in found:
                name = name.rpartition(".")[0]
            found[name].add(str(path.relative_to(ROOT)))
    return found


@cache
def closure(name: str, whole: bool = True) -> frozenset[str]:
    """The files of a module and of what it imports, directly or through others; of a package's modules, too, where it is meant as a whole."""
    if name not in graph().modules:
        return frozenset()
    below = {name, *(graph().find_descendants(name) if whole else ())}
    above = {one for each in below for one in graph().find_upstream_modules(each)}
    return frozenset(file for one in below | above for file in own_files()[one])


def rooms(below: Path) -> set[str]:
    """The room of batten that a folder of tests is about, and the technology that a file is named for."""
    from batten.technologies._wings import packages

    name = below.stem.removeprefix("test_")
    technology = next((p for n, p in packages().items() if name == n or name.startswith(f"{n}_")), None)
    room = f"batten.{below.parts[0]}"
    return {technology} if technology else {room} if room != "batten.technologies" else set()


@cache
def imported(file: Path) -> frozenset[str]:
    """Modules by their names, as a file imports them; what is imported from one is among them, in case that it is a module."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return frozenset(found)


def helpers(file: Path) -> set[Path]:
    """A test file and what it imports of tests/, directly or through others."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for name in imported(one):
            path = name.replace(".", "/") + ".py"
            waiting += [p for p in (TESTS / path, one.parent / path, ROOT / "tools" / path) if p.is_file()]
    return found


def left_out(config: pytest.Config, items: list[pytest.Item], revision: str) -> None:
    """Deselects the served tests that no change reaches."""
    reached = cache(Reach(changed(revision)))
    kept = [one for one in items if not one.get_closest_marker("served") or reached(one.path)]
    gone = [one for one in items if one not in set(kept)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = kept

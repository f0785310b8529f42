"""What batten takes to be ignored is what git takes to be: git is asked about the same trees."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from subprocess import run

import pytest

from batten.formats import Workspace
from batten.formats.gitignore import MOST_VARYING, ignored

_ATOMS = (
    "a", "b", "foo", "*", "?", "*.x", "f*", "**", "[ab]", "[!a]", "a b", "\\*", "foo.x", "!", "#", "*o", "[", "f**o",
)  # fmt: skip
_NAMES = ("a", "b", "foo", "foo.x", "a b", "fa", "*")


def git(folder: Path, *words: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    answer = run(["git", "-C", str(folder), *words], check=True, capture_output=True, env=environment)
    return answer.stdout.decode()


def agrees(root: Path, files: dict[str, str]) -> list[str]:
    """The files about which git says something else."""
    git(root, "init", "-q")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    kept = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    workspace = Workspace(root)
    asked = (path for path in files if not path.startswith(".git/"))
    return [path for path in asked if (path not in kept) is not ignored(path, workspace)]


@pytest.mark.parametrize("seed", range(40))
def test_random_patterns_are_read_as_git_reads_them(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    files: dict[str, str] = {}
    for _ in range(16):
        path = "/".join(random.choices(_NAMES, k=random.choice((1, 2, 3))))
        if not any(path.startswith(f"{one}/") or one.startswith(f"{path}/") for one in files):
            files[path] = ""
    folders = sorted({path.partition("/")[0] for path in files if "/" in path})
    files[".gitignore"] = patterns(random)
    if folders:
        files[f"{random.choice(folders)}/.gitignore"] = patterns(random)
    assert agrees(tmp_path, files) == []


def patterns(random: Random) -> str:
    lines = []
    for _ in range(random.choice((1, 2, 4))):
        shape = "/".join(random.choices(_ATOMS, k=random.choice((1, 1, 2, 2, 3))))
        lines.append(random.choice(("", "", "!", "/")) + shape + random.choice(("", "", "/", " ")))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "files",
    [
        {".gitignore": "build/\n!build/keep\n", "build/keep": ""},
        {".gitignore": "a/*\n!a/b/\n", "a/b/c": "", "a/d": ""},
        {".gitignore": "/top\n", "top": "", "x/top": ""},
        {".gitignore": "*.env\n", "x/.gitignore": "!prod.env\n", "x/prod.env": "", "prod.env": ""},
        {".gitignore": "\\#a\n\\!b\nc\\ \n", "#a": "", "!b": "", "c ": "", "c": ""},
        {".gitignore": "\ufeffa\r\nb\r\n", "a": "", "b": ""},
        {".gitignore": "!b\n", ".git/info/exclude": "a\nb\n", "a": "", "b": ""},
        {".gitignore": "a/**/b\n**/z\nq/**\n", "a/b": "", "a/x/y/b": "", "m/z": "", "z": "", "q/r/s": ""},
    ],
)
def test_special_cases_are_read_as_git_reads_them(files: dict[str, str], tmp_path: Path) -> None:
    assert agrees(tmp_path, files) == []


def test_a_repository_within_is_read_by_its_own_list(tmp_path: Path) -> None:
    files = {
        ".gitignore": "*.env\n",
        "sub/.gitignore": "x\n",
        "sub/a.env": "",
        "sub/x": "",
        "b.env": "",
        "sub/.git": "",
    }
    workspace = Workspace(tmp_path, files)
    assert [path for path in files if ignored(path, workspace)] == ["sub/x", "b.env"]


@pytest.mark.parametrize(
    "line", ["**/" * 300 + "x", "*a" * 400 + "b", "[a-z]*" * 200, "?*" * 500, "a/**/" * 200 + "b"]
)
def test_a_pattern_that_would_be_tried_in_many_ways_is_not(line: str, tmp_path: Path) -> None:
    """The test ends, which it would not with a matcher that goes back."""
    path = "/".join(["a" * 40] * 60)
    assert not ignored(path, Workspace(tmp_path, {".gitignore": line, path: ""}))


def test_a_list_without_end_ignores_nothing(tmp_path: Path) -> None:
    lines = "".join(f"*{number}\n" for number in range(MOST_VARYING + 1)) + "a\n"
    assert not ignored("a", Workspace(tmp_path, {".gitignore": lines, "a": ""}))

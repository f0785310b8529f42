"""Questions to git that run nothing: plumbing, in a cell that shows the git directory and nothing else.

A repository's configuration names programs (file-system monitors, filters, hooks, pagers, transports). None of the
commands here starts one; what would is switched off besides, and the cell has no program to start.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from batten.cell.keeper import run
from batten.cell.order import MIB, ROOM, Bounds, NotAsked, Order
from batten.cell.programs import installed
from batten.model.record import record

BOUNDS = Bounds(seconds=120.0, processor=120, memory=2048 * MIB, output=1024 * MIB, files=1024)
_SWITCHES = (
    "safe.bareRepository=explicit",
    "safe.directory=*",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "core.bare=false",
    "protocol.allow=never",
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}
# Words that none of these commands has for running something or for reading another place.
_COMMANDS = frozenset(("rev-parse", "ls-tree", "cat-file", "ls-files"))
_LARGEST = 4096  # bytes of a file that names a folder


class GitProblem(Exception):
    """git cannot say; the sentence tells why."""


@record
class Repository:
    """A work tree, its git directory, and the directory that holds its objects and references."""

    top: Path
    directory: Path
    common: Path


def repository(start: Path) -> Repository:
    """The repository whose work tree holds a folder. Bare repositories, such as a checkout may hold inside itself,
    do not count. Raises GitProblem."""
    for folder in (start.resolve(), *start.resolve().parents):
        found = _repository(folder)
        if found is not None:
            return found
    raise GitProblem(f"{start} is not in a git repository")


def submodule(around: Repository, path: str) -> Repository | None:
    """The repository of a submodule; None where it is not checked out. Raises GitProblem."""
    top = around.top / path
    if not top.is_dir() or top.resolve() != top:
        return None
    dot = top / ".git"
    directory = _named(dot, b"gitdir:") if dot.is_file() and not dot.is_symlink() else dot
    if directory.is_relative_to(around.directory / "modules"):  # of a linked work tree, too
        return Repository(top, directory, directory)
    return _repository(top)


def tracked(known: Repository) -> frozenset[str]:
    """The paths in the index, from the top of the work tree. Raises GitProblem."""
    try:
        status = (known.directory / "index").stat()
    except OSError:  # nothing was ever added
        return frozenset()
    if not stat.S_ISREG(status.st_mode):  # git would wait for whoever writes into a pipe
        raise GitProblem("the index is not a file")
    return _indexed(known, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=8)
def _indexed(known: Repository, _stamp: tuple[int, ...]) -> frozenset[str]:
    listed = git(known, ("ls-files", "-z")).decode("utf-8", "surrogateescape")
    return frozenset(filter(None, listed.split("\0")))


def is_shallow(known: Repository) -> bool:
    """Whether the history was cut when the repository was cloned."""
    return (known.common / "shallow").is_file()


def _repository(top: Path) -> Repository | None:
    dot = top / ".git"
    if dot.is_symlink():
        raise GitProblem(f"{dot} is a symbolic link; it is not followed")
    if dot.is_dir():
        return Repository(top, dot, dot) if (dot / "HEAD").exists() else None
    if not dot.is_file():
        return None
    directory = _named(dot, b"gitdir:")
    # Whether a git directory that a file names knows that work tree: the author of the file may not own what it
    # names. A linked work tree is told by `gitdir`, a submodule by its place below the repository around.
    back = directory / "gitdir"
    if back.is_file():
        answers_for = _named(back).parent == top
    else:
        answers_for = any(directory.is_relative_to(folder / ".git" / "modules") for folder in top.parents)
    if not answers_for:
        raise GitProblem(f"{dot} names {directory}, which is not the git directory of {top}")
    common = directory
    if directory.parent.name == "worktrees" and (directory / "commondir").is_file():
        common = directory.parent.parent
    return Repository(top, directory, common)


def _named(file: Path, prefix: bytes = b"") -> Path:
    with file.open("rb") as stream:
        line = stream.read(_LARGEST).partition(b"\n")[0]
    if not line.startswith(prefix):
        raise GitProblem(f"{file} does not name a git directory")
    return Path(os.path.realpath(file.parent / os.fsdecode(line[len(prefix) :].strip())))


def git(asked: Repository, words: Sequence[str], given: bytes = b"") -> bytes:
    """What git prints to a plumbing command: rev-parse, ls-tree, cat-file or ls-files, all from the top of the work
    tree. Nothing is printed where a quiet command finds nothing. Raises GitProblem."""
    if words[0] not in _COMMANDS:
        raise ValueError(f"git {words[0]} is not plumbing that runs nothing")
    program = installed("git")
    if program is None:
        raise GitProblem("git is not installed")
    made = ["--no-pager", "--no-optional-locks", f"--git-dir={asked.directory}", f"--work-tree={ROOM}"]
    for switch in _SWITCHES:
        made += ["-c", switch]
    answer = run(
        Order(
            program,
            (*made, *words),
            given=given,
            visible=(asked.directory, asked.common),
            environment=_ENVIRONMENT,
            bounds=BOUNDS,
            keeps_user=True,
            reserves=True,  # it maps whole packs
        )
    )
    if isinstance(answer, NotAsked):
        raise GitProblem(str(answer))
    if answer.code and answer.err:
        raise GitProblem(answer.errors.strip().splitlines()[-1])
    return answer.out

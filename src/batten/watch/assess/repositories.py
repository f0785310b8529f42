"""A repository's files at one commit, laid out in a folder, without running anything of the repository's.

Its objects are kept in a bare repository below the data folder, so that the next assessment fetches what is new. They are read
by plumbing in a cell (`cell/git.py`), and written by batten: no filter, hook or attribute of the repository takes part.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha1, sha256
from pathlib import Path

from batten.cell.fetch import CONFIG, LARGEST, Remote, fetched
from batten.cell.git import GitProblem, Repository, git
from batten.files import Root, trees
from batten.files.lock import alone
from batten.model import Problem
from batten.model.record import record
from batten.technologies import named_like

FILES = 100_000  # of a tree
BYTES = 512 << 20  # of all files of a tree
MIRROR = 2 << 30  # bytes of a mirror: a larger one is made again
_AT_ONCE = 32 << 20  # bytes that are asked of git in one go
_MANY = 4096  # files
_WAIT = 600.0  # seconds for another assessment of the same repository
_FILE, _PROGRAM, _LINK = "100644", "100755", "120000"


class Unreadable(GitProblem):
    """The mirror lacks something."""


@record
class Entry:
    """A file or link of a tree; `size` is -1 where it was too large to be fetched."""

    path: str
    mode: str
    name: str  # of the object
    size: int


def laid_out(
    mirrors: Path, remote: Remote, ref: str, into: Path, known: str = "", whose: str = ""
) -> tuple[str, list[Problem]]:
    """The commit that `ref` names now, its files laid out in an empty folder, and what is not among them. Nothing is laid out
    where the commit is `known`. A mirror is of one address and of those that fetch it by the same right, `whose`. Raises GitProblem
    and OSError."""
    Root(remote.home).create(CONFIG, _config(remote), 0o600)
    name = sha256("\0".join((remote.url, whose)).encode()).hexdigest()[:32]
    try:
        with alone(Root(mirrors), f"{name}.lock", _WAIT):
            # The commit, fetched into the mirror; into a new one where that is too large, or cannot be used: whoever
            # wrote it last may have been killed. The former one stays where that fails, too.
            mirror = mirrors / name
            if trees.size(mirror) > MIRROR:
                trees.remove(mirror)
            if not mirror.exists():
                commit = fetched(mirror, remote, ref)
            else:
                try:
                    commit = fetched(mirror, remote, ref)
                except GitProblem:
                    fresh = mirror.with_suffix(".fresh")
                    trees.remove(fresh)
                    try:
                        mirrored_commit = fetched(fresh, remote, ref)
                    except GitProblem:
                        trees.remove(fresh)
                        raise
                    trees.replace(fresh, mirror)
                    commit = mirrored_commit
            return commit, [] if commit == known else _readable(mirrors / name, commit, into)
    except TimeoutError as error:
        raise GitProblem("another assessment of the repository takes too long") from error


def itself(place: Path) -> None:
    """Raises GitProblem for a repository of this machine whose objects or references are elsewhere: its folder was judged, and what
    it names was not (gitrepository-layout(5))."""
    git = place / ".git" if os.path.lexists(place / ".git") else place
    if git.is_file() or trees.has_links(git):
        raise GitProblem("its git directory leads elsewhere; name the repository itself, without links in it")
    if any((git / part).exists() for part in ("commondir", "objects/info/alternates")):
        raise GitProblem(
            "its git directory borrows from another one; name that one, or make it whole: git repack -a -d"
        )


def _readable(mirror: Path, commit: str, into: Path) -> list[Problem]:
    """What `_written` says; a mirror that lacks what it should hold is made again the next time."""
    try:
        return _written(Repository(mirror, mirror, mirror), commit, into)
    except Unreadable:
        trees.remove(mirror)
        raise


def _config(remote: Remote) -> bytes:
    """Of a repository of this machine that git may read it, whoever owns it: the operator named it."""
    if not remote.url.startswith("/"):
        return b""
    path = remote.url.replace("\\", "\\\\").replace('"', '\\"')
    return f'[safe]\n\tdirectory = "{path}"\n\tdirectory = "{path}/.git"\n'.encode()


def _written(mirror: Repository, commit: str, into: Path) -> list[Problem]:
    every = list(_entries(mirror, commit))
    kept = [one for one in every if 0 <= one.size <= LARGEST and trees.is_inside(one.path)]
    if len(every) > FILES or sum(one.size for one in kept) > BYTES:
        raise GitProblem(f"its tree has more than {FILES:,} files or {BYTES >> 20} MiB")
    files = [one for one in kept if one.mode in (_FILE, _PROGRAM)]
    trees.lay_out(into, _contents(mirror, files))
    links = [one for one in kept if one.mode == _LINK and one.size < 4096]
    trees.link(into, ((path, os.fsdecode(target)) for path, target in _contents(mirror, links)))
    trees.lay_out(into, ((f".git/{name}", data) for name, data in _repository(one.path for one in kept)))
    # What is there and cannot be looked at, of files that are named like configuration.
    absent_kept = {one.path for one in kept}
    absent: list[Problem] = []
    for absent_one in every:
        if absent_one.path not in absent_kept and any(t.certain for t in named_like(absent_one.path)):
            said = f"the file has more than {LARGEST >> 20} MiB; it was not fetched"
            if trees.is_inside(absent_one.path):
                absent.append(
                    Problem(absent_one.path, "read", said, hint="list it under `ignore:` in batten.yaml")
                )
            else:
                absent.append(
                    Problem(absent_one.path, "read", "the file's name is not one that can be written")
                )
    return absent


def _entries(mirror: Repository, commit: str) -> Iterator[Entry]:
    """The files and links of a commit; submodules are left out: what is in them is not the repository's."""
    listed = git(mirror, ("ls-tree", "-r", "-l", "-z", "--full-tree", commit)).decode(
        "utf-8", "surrogateescape"
    )
    for row in filter(None, listed.split("\0")):
        head, _, path = row.partition("\t")
        mode, _, name, size = head.split()
        if mode in (_FILE, _PROGRAM, _LINK):
            yield Entry(path, mode, name, int(size) if size.isdecimal() else -1)


def _contents(mirror: Repository, wanted: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """Paths and contents, asked for in portions."""
    portion: list[Entry] = []
    held = 0
    for one in wanted:
        if portion and (held + one.size > _AT_ONCE or len(portion) == _MANY):
            yield from _portion(mirror, portion)
            portion, held = [], 0
        portion.append(one)
        held += one.size
    if portion:
        yield from _portion(mirror, portion)


def _portion(mirror: Repository, portion: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    answer = git(mirror, ("cat-file", "--batch"), "".join(f"{one.name}\n" for one in portion).encode())
    at = 0
    for one in portion:
        end = answer.index(b"\n", at)
        head = answer[at:end].split()
        if head[-1] == b"missing":
            raise Unreadable(
                f"the copy of the repository lacks an object of {one.path}; it is made again next time"
            )
        at = end + 1 + int(head[-1])
        yield one.path, answer[end + 1 : at]
        at += 1


def _repository(paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """A repository with an index and nothing else: what shows that a file is tracked, though .gitignore names it."""
    yield "HEAD", b"ref: refs/heads/main\n"
    yield "config", b"[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
    yield "objects/info/packs", b""
    yield "refs/heads/.keep", b""
    # An index of version 2 that lists names, without times and contents (gitformat-index(5)).
    names = sorted(map(os.fsencode, paths))
    made = bytearray(b"DIRC" + (2).to_bytes(4, "big") + len(names).to_bytes(4, "big"))
    for name in names:
        start = len(made)
        made += bytes(24) + int(_FILE, 8).to_bytes(4, "big") + bytes(32)
        made += min(len(name), 0xFFF).to_bytes(2, "big") + name
        made += bytes(8 - (len(made) - start) % 8)
    yield "index", bytes(made) + sha1(made).digest()

"""The files of a commit, as git's objects have them: read in a cell, and nothing that a repository configures takes part.

Names that replace objects (`refs/replace`, grafts) are not followed (`cell/git.py`), and neither filters nor attributes
touch what is read: a file is the bytes of its object.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from batten.cell.git import GitProblem, Repository, git, is_shallow, repository, submodule
from batten.files import LARGEST
from batten.model.record import record

UNKNOWN_SIZE = -1
_REGULAR = ("100644", "100755")
_LINK = "120000"
_SUBMODULE = "160000"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HOPS = 8  # links that a name may lead through


class ChangesProblem(Exception):
    """git cannot show a revision, or what differs from it; the sentence says why."""


@record
class Blob:
    """A file at a commit."""

    name: str  # of the object
    size: int  # bytes; UNKNOWN_SIZE where the repository does not hold it (a partial clone)
    of: Repository


@record
class Commit:
    """A revision of the repository around a folder. `name` is "" for the HEAD of a repository without a commit."""

    revision: str
    name: str
    repository: Repository

    @property
    def top(self) -> Path:
        return self.repository.top.resolve()

    def file(self, path: str, root: str = "") -> bytes | None:
        """The content of a file by its path from the top; None where there is none. Links are followed as long as they
        stay below `root`. Raises ChangesProblem."""
        known, named = (
            _listed(self.repository, self.name) if self.name else {},
            f"{path} at '{self.revision}'",
        )
        for _ in range(_HOPS):
            if path not in known:
                return None
            mode, blob = known[path]
            if mode == _LINK:
                target = self._content(path, blob).decode("utf-8", "surrogateescape")
                path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if (
                    target.startswith("/")
                    or path.startswith("../")
                    or not (not root or path.startswith(f"{root}/"))
                ):
                    raise ChangesProblem(f"{named} is a link that leads out of its folder")
            elif mode in _REGULAR:
                return self._content(path, blob)
            else:
                raise ChangesProblem(f"{named} is not a file")
        raise ChangesProblem(f"{named} is reached through more than {_HOPS} links")

    def _content(self, path: str, blob: Blob) -> bytes:
        if blob.size > LARGEST:
            raise ChangesProblem(f"{path} at '{self.revision}' is larger than {LARGEST:,} bytes")
        found = dict(contents(self.repository, {path: blob})) if blob.size != UNKNOWN_SIZE else {}
        if path not in found:
            raise ChangesProblem(f"{path} at '{self.revision}' is missing here; run `git fetch` first")
        return found[path]


def commit_at(revision: str, folder: Path, option: str) -> Commit:
    """The commit that a revision names in the repository around a folder. Raises ChangesProblem."""
    try:
        known = repository(folder)
        return Commit(revision, commit(revision, known), known)
    except GitProblem as error:
        raise ChangesProblem(f"git cannot show '{revision}': {error}; omit {option}") from error


def commit(revision: str, known: Repository) -> str:
    """The commit's name; "" for the HEAD of a repository that has no commit yet, before which there was nothing. Raises
    ChangesProblem and GitProblem."""
    if not revision or revision.startswith(("-", "^")):
        raise ChangesProblem(f"'{revision}' is not a git revision; name a commit, branch or tag")
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = git(known, asked).decode().strip()
    if _COMMIT.fullmatch(found) or (not found and revision == "HEAD"):
        return found
    hint = "name a commit, branch or tag"
    if is_shallow(known):
        hint = "this is a shallow clone: run `git fetch --unshallow`, or fetch the revision"
    raise ChangesProblem(f"the revision '{revision}' does not exist in this repository; {hint}")


def forked(one: Commit) -> Commit | None:
    """Where the work tree's history left that of a commit; None where that is no single commit, or not known here."""
    asked = ("rev-parse", "--quiet", "--end-of-options", f"{one.name}...HEAD")
    try:
        found = git(one.repository, asked).decode().split() if one.name else []
    except GitProblem:
        return None
    merged = [name[1:] for name in found if name.startswith("^")]
    if len(merged) != 1 or not _COMMIT.fullmatch(merged[0]) or is_shallow(one.repository):
        return None
    return Commit(one.revision, merged[0], one.repository)


def names(listed: bytes) -> list[str]:
    """What git lists with `-z`."""
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


@lru_cache(maxsize=4)
def _listed(known: Repository, commit_name: str) -> Mapping[str, tuple[str, Blob]]:
    """Everything at a commit by its path from the top: its mode, and its object; of a submodule its commit."""
    found: dict[str, tuple[str, Blob]] = {}
    for row in names(git(known, ("ls-tree", "-r", "-l", "-z", "--full-tree", commit_name))):
        head, _, path = row.partition("\t")
        mode, _, name, size = head.split()
        found[path] = (mode, Blob(name, int(size) if size.isdigit() else UNKNOWN_SIZE, known))
    return found


def blobs(known: Repository, commit_name: str, above: str = "") -> Iterator[tuple[str, Blob]]:
    """The regular files at a commit by their paths from the top of the outer work tree, those of submodules included. Raises
    ChangesProblem and GitProblem."""
    for path, (mode, blob) in _listed(known, commit_name).items():
        if mode in _REGULAR:
            yield above + path, blob
        elif mode == _SUBMODULE and (inner := submodule(known, path)) is not None:
            # The files of a submodule at the commit that the repository around it names. Raises ChangesProblem.
            submodule_above = f"{above}{path}/"
            try:
                yield from blobs(inner, blob.name, submodule_above)
            except GitProblem as error:
                raise ChangesProblem(
                    f"the submodule {submodule_above.rstrip('/')} lacks its commit {blob.name[:12]}; run `git fetch` in it ({error})"
                ) from error


def contents(known: Repository, wanted: Mapping[str, Blob]) -> Iterable[tuple[str, bytes]]:
    """The bytes of objects of one repository, by their paths; those that it does not hold are left out. Raises GitProblem."""
    asked = "".join(f"{blob.name}\n" for blob in wanted.values())
    answer = git(known, ("cat-file", "--batch"), asked.encode())
    at = 0
    for path, blob in wanted.items():
        end = answer.index(b"\n", at)
        missing = answer[at:end].endswith(b" missing")
        at = end + 1
        if missing:
            continue
        yield path, answer[at : at + blob.size]
        at += blob.size + 1

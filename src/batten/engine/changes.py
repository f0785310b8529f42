"""What changed since a revision, and which findings are of that change.

git is asked for objects and for its index only (`cell/git.py`); which files of the work tree differ is found out here, so
that nothing a repository configures takes part in it. Files that git would convert on the way (CRLF by attributes) are
compared without their carriage returns, too; what filters made of others counts as changed.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress

from batten.cell.git import GitProblem, Repository, git, repository
from batten.engine.discover import paths
from batten.engine.review import Review, review
from batten.files import LARGEST, Refused
from batten.formats import Unreadable, Workspace
from batten.formats.gitignore import ignored
from batten.formats.workspace import decode
from batten.model import Finding, Severity
from batten.model.record import record
from batten.policy import Policy

UNKNOWN_SIZE = -1
_REGULAR = ("100644", "100755")


class ChangesProblem(Exception):
    """git cannot list the changes; the sentence says why."""


@record
class Changes:
    """Files below the root that are not as they were: their former texts, and those that were not there."""

    paths: frozenset[str]
    former: dict[str, str]
    added: frozenset[str]


@record
class _Blob:
    """A file at a commit."""

    name: str  # of the object
    size: int  # bytes; UNKNOWN_SIZE where the repository does not hold it (a partial clone)


def changes_since(revision: str, workspace: Workspace) -> Changes:
    """What differs between a revision and the files as they are now, untracked ones included. Raises ChangesProblem."""
    if revision.startswith("-"):
        raise ChangesProblem(f"'{revision}' is not a git revision; name a commit, branch or tag")
    try:
        known = repository(workspace.root)
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        commit = git(known, asked).decode().strip()
        if not commit:
            raise ChangesProblem(
                f"the revision '{revision}' does not exist in this repository; name a commit, branch or tag"
            )
        then = dict(_blobs(known, commit, workspace))
        now = frozenset(_below(_names(git(known, ("ls-files", "-z"))), known, workspace))
        return _compared(then, now, workspace, lambda blobs: _former(known, blobs))
    except GitProblem as error:
        raise ChangesProblem(f"git cannot list the changes: {error}") from error


def _names(listed: bytes) -> list[str]:
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def _prefix(known: Repository, workspace: Workspace) -> str:
    below = workspace.root.relative_to(known.top.resolve()).as_posix()
    return "" if below == "." else below + "/"


def _below(names: list[str], known: Repository, workspace: Workspace) -> Iterator[str]:
    prefix = _prefix(known, workspace)
    return (name[len(prefix) :] for name in names if name.startswith(prefix))


def _blobs(known: Repository, commit: str, workspace: Workspace) -> Iterator[tuple[str, _Blob]]:
    """The regular files below the root at a commit."""
    prefix = _prefix(known, workspace)
    for row in _names(git(known, ("ls-tree", "-r", "-l", "-z", "--full-tree", commit))):
        head, _, path = row.partition("\t")
        mode, _, name, size = head.split()
        if mode in _REGULAR and path.startswith(prefix):
            yield path[len(prefix) :], _Blob(name, int(size) if size.isdigit() else UNKNOWN_SIZE)


def _compared(
    then: dict[str, _Blob],
    indexed: frozenset[str],
    workspace: Workspace,
    former: Callable[[dict[str, _Blob]], dict[str, str]],
) -> Changes:
    here = paths(workspace).paths
    other = {path: blob for path, blob in then.items() if _differs(path, blob, workspace)}
    added = frozenset(p for p in here if p not in then and (p in indexed or not _kept_out(p, workspace)))
    return Changes(added | other.keys(), former(other), added)


def _kept_out(path: str, workspace: Workspace) -> bool:
    """Whether a .gitignore keeps the file, or a folder that it lies in, out of the repository."""
    while path:
        if ignored(path, workspace):
            return True
        path = posixpath.dirname(path)
    return False


def _differs(path: str, blob: _Blob, workspace: Workspace) -> bool:
    try:
        status = workspace.files.status(path)
        if status.st_size < blob.size:
            return True
        data = workspace.files.read(path)
    except (OSError, Refused):
        return True
    if len(data) in (blob.size, blob.size + data.count(b"\r\n")) or blob.size == UNKNOWN_SIZE:
        unix = data.replace(b"\r\n", b"\n")
        return blob.name not in (_named(data, blob), _named(unix, blob))
    return True


def _named(data: bytes, like: _Blob) -> str:
    """The name that git gives to such content: SHA-1 or SHA-256, by the length of the repository's names."""
    digest = hashlib.sha1 if len(like.name) == 40 else hashlib.sha256
    return digest(b"blob %d\0" % len(data) + data).hexdigest()


def _former(known: Repository, blobs: dict[str, _Blob]) -> dict[str, str]:
    """The texts of files at a commit; those that are no text, or larger than batten reads, are left out. Raises
    ChangesProblem where the repository lacks one (a partial clone): what was new before could not be told."""
    absent = next((path for path, blob in blobs.items() if blob.size == UNKNOWN_SIZE), None)
    if absent is not None:
        raise ChangesProblem(
            f"the contents of {absent} at that revision are missing here; run `git fetch` first"
        )
    wanted = {path: blob for path, blob in blobs.items() if blob.size <= LARGEST}
    names = "".join(f"{blob.name}\n" for blob in wanted.values())
    answer = git(known, ("cat-file", "--batch"), names.encode()) if wanted else b""
    texts: dict[str, str] = {}
    at = 0
    for path, blob in wanted.items():
        end = answer.index(b"\n", at)
        missing = answer[at:end].endswith(b" missing")
        at = end + 1
        if missing:
            continue
        with suppress(Unreadable):  # then it was not reviewed, either
            texts[path] = decode(path, answer[at : at + blob.size]).text
        at += blob.size + 1
    return texts


def of_the_change(result: Review, changes: Changes, policy: Policy, only: tuple[str, ...]) -> None:
    """Leave only the findings in changed files, and those elsewhere that were not there before: a Service
    may expose what another file deploys."""
    result.problems = [p for p in result.problems if p.source in changes.paths]
    elsewhere = [f for f in result.findings if f.at.source not in changes.paths]
    if not elsewhere:
        return
    before = Workspace(result.workspace.files, changes.former, changes.added)
    then = review(before, policy, only, fixes=False)
    known: dict[str, list[Severity]] = defaultdict(list)
    for finding in sorted(then.findings, key=lambda f: f.severity):
        known[finding.fingerprint].append(finding.severity)
    result.findings = [f for f in result.findings if f.at.source in changes.paths or _is_new(f, known)]


def _is_new(finding: Finding, known: dict[str, list[Severity]]) -> bool:
    """Whether it was not there, or became worse: findings are in order of severity, and so are those of before."""
    before = known[finding.fingerprint]
    return not before or before.pop() < finding.severity

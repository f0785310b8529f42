"""What changed since a revision, and which findings that change made.

git is asked for objects and for its index only (`cell/git.py`); which files of the work tree differ is found out here, so
that nothing a repository configures takes part in it. Files that git would convert on the way (CRLF by attributes) are
compared without their carriage returns, too; what filters made of others counts as changed. Submodules are compared with
the commits that the revision names.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from batten.cell.git import GitProblem, Repository, git, is_shallow, repository, submodule
from batten.engine.baseline import Baseline, Known
from batten.engine.causes import causes
from batten.engine.changed import Changed, Changes
from batten.engine.discover import paths
from batten.engine.identity import Identity, identity_of, kin_of
from batten.engine.moves import moved
from batten.engine.review import Review, judge_all, read, review
from batten.engine.shown import source
from batten.files import LARGEST, Refused
from batten.formats import Unreadable, Workspace
from batten.formats.gitignore import ignored
from batten.formats.workspace import decode
from batten.model import Finding, Location
from batten.model.record import record
from batten.policy import Policy

UNKNOWN_SIZE = -1
_REGULAR = ("100644", "100755")
_SUBMODULE = "160000"


class ChangesProblem(Exception):
    """git cannot list the changes; the sentence says why."""


@record
class _Blob:
    """A file at a commit."""

    name: str  # of the object
    size: int  # bytes; UNKNOWN_SIZE where the repository does not hold it (a partial clone)
    of: Repository


def changed_review(
    revision: str,
    workspace: Workspace,
    policy: Policy,
    only: tuple[str, ...],
    baseline: Baseline | None = None,
) -> Changed:
    """The findings that are new, or worse, since a revision, whichever file they are in: a Service may expose what another
    file deploys. Both states are judged by the policy of now. Raises ChangesProblem."""
    changes = changes_since(revision, workspace)
    former_names = tuple(old for new, old in changes.moved.items() if any(_covers(o, new) for o in only))
    before = Workspace(workspace.files, changes.former, changes.added)
    then = review(before, policy, (*only, *former_names) if only else (), fixes=False, baseline=baseline)
    result = read(workspace, policy, only)
    judge_all(result, baseline, narrow=lambda found: _made(found, then, changes, workspace))
    told = Counter((p.source, p.stage, p.message) for p in then.problems)
    result.problems = [
        p for p in result.problems if p.source in changes.paths or not told[p.source, p.stage, p.message]
    ]
    return Changed(result, changes, len(causes(filter(_counts, then.findings))))


def _covers(wanted: str, path: str) -> bool:
    return path == wanted or path.startswith(f"{wanted}/")


def _counts(finding: Finding) -> bool:
    return finding.suppression is None and finding.counts


def _made(findings: list[Finding], then: Review, changes: Changes, workspace: Workspace) -> list[Finding]:
    """The findings that were not there. What counts now must have counted then: a change that removes a waiver, or makes a file
    of developers one of production, brings its findings about."""
    kept: list[Finding] = []
    stood = _standing(changes, workspace)
    for counting in (True, False):
        known = _baseline((f for f in then.findings if not counting or _counts(f)), changes.moved)
        found = [f for f in findings if _counts(f) is counting]
        found.sort(key=lambda f: not stood(f))  # of several alike, those of new lines are the new ones
        held = known.holds(found, lambda path: not workspace.exists(path))
        kept += (finding for finding, is_known in zip(found, held, strict=True) if not is_known)
    return kept


def _standing(changes: Changes, workspace: Workspace) -> Callable[[Finding], bool]:
    """Tells whether the line that a finding begins at was in its file before."""
    lines: dict[str, frozenset[str]] = {}

    def stood(finding: Finding) -> bool:
        path = finding.at.source
        if finding.region is None or path not in changes.paths:
            return True
        if path not in lines:
            former = changes.former.get(changes.moved.get(path, path), "")
            lines[path] = frozenset(map(str.strip, former.splitlines()))
        return workspace.text(path).line(finding.region.line).strip() in lines[path]

    return stood


def _baseline(findings: Iterable[Finding], names: Mapping[str, str]) -> Baseline:
    """What was there, by the names that files have now."""
    now = {source(old): source(new) for new, old in names.items()}
    known = [
        Known(_identity(finding, at, now), finding.control, finding.case, finding.gravity)
        for finding in findings
        for at in (finding.at, *finding.also)
    ]
    return Baseline(tuple(sorted(known, key=lambda one: -one.severity)))


def _identity(finding: Finding, at: Location, now: Mapping[str, str]) -> Identity:
    kin = finding.kin if at is finding.at else kin_of(finding.control, finding.case, at.pointer)
    known = identity_of(replace(finding, at=at, kin=kin))
    return replace(known, path=now.get(known.path, known.path))


def changes_since(revision: str, workspace: Workspace) -> Changes:
    """What differs between a revision and the files as they are now, untracked ones included. Raises ChangesProblem."""
    if revision.startswith("-"):
        raise ChangesProblem(f"'{revision}' is not a git revision; name a commit, branch or tag")
    try:
        known = repository(workspace.root)
        commit = _commit(revision, known)
        then = dict(_blobs(known, commit, workspace)) if commit else {}
        now = frozenset(_below(_indexed(known, then), known, workspace))
        return _compared(then, now, workspace)
    except GitProblem as error:
        raise ChangesProblem(
            f"git cannot list the changes: {error}; omit --changed-since to report all findings"
        ) from error


def _commit(revision: str, known: Repository) -> str:
    """The commit's name; "" for the HEAD of a repository that has no commit yet, before which there was nothing."""
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = git(known, asked).decode().strip()
    if commit or revision == "HEAD":
        return commit
    hint = "name a commit, branch or tag"
    if is_shallow(known):
        hint = "this is a shallow clone: run `git fetch --unshallow`, or fetch the revision"
    raise ChangesProblem(f"the revision '{revision}' does not exist in this repository; {hint}")


def _names(listed: bytes) -> list[str]:
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def _indexed(known: Repository, then: Mapping[str, _Blob]) -> Iterator[str]:
    """The paths in the index, and in those of submodules, below the top of the outer work tree."""
    for one in dict.fromkeys((known, *(blob.of for blob in then.values()))):
        inside = one.top.relative_to(known.top).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        yield from (prefix + name for name in _names(git(one, ("ls-files", "-z"))))


def _prefix(known: Repository, workspace: Workspace) -> str:
    below = workspace.root.relative_to(known.top.resolve()).as_posix()
    return "" if below == "." else below + "/"


def _below(names: Iterable[str], known: Repository, workspace: Workspace) -> Iterator[str]:
    prefix = _prefix(known, workspace)
    return (name[len(prefix) :] for name in names if name.startswith(prefix))


def _blobs(known: Repository, commit: str, workspace: Workspace) -> Iterator[tuple[str, _Blob]]:
    """The regular files below the root at a commit, those of submodules included."""
    prefix = _prefix(known, workspace)
    for path, blob in _tree(known, commit, ""):
        if path.startswith(prefix):
            yield path[len(prefix) :], blob


def _tree(known: Repository, commit: str, above: str) -> Iterator[tuple[str, _Blob]]:
    for row in _names(git(known, ("ls-tree", "-r", "-l", "-z", "--full-tree", commit))):
        head, _, path = row.partition("\t")
        mode, _, name, size = head.split()
        if mode in _REGULAR:
            yield above + path, _Blob(name, int(size) if size.isdigit() else UNKNOWN_SIZE, known)
        elif mode == _SUBMODULE and (inner := submodule(known, path)) is not None:
            yield from _submodule(inner, name, f"{above}{path}/")


def _submodule(inner: Repository, commit: str, above: str) -> Iterator[tuple[str, _Blob]]:
    """The files of a submodule at the commit that the repository around it names. Raises ChangesProblem."""
    try:
        yield from _tree(inner, commit, above)
    except GitProblem as error:
        raise ChangesProblem(
            f"the submodule {above.rstrip('/')} lacks its commit {commit[:12]}; run `git fetch` in it ({error})"
        ) from error


def _compared(then: dict[str, _Blob], indexed: frozenset[str], workspace: Workspace) -> Changes:
    here = paths(workspace).paths
    other = {path: blob for path, blob in then.items() if _differs(path, blob, workspace)}
    added = frozenset(p for p in here if p not in then and (p in indexed or not ignored(p, workspace)))
    former = _former(other)
    gone = {path: text for path, text in former.items() if not workspace.exists(path)}
    return Changes(added | other.keys(), former, added, moved(gone, added, workspace))


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


def _former(blobs: dict[str, _Blob]) -> dict[str, str]:
    """The texts of files at a commit; those that are no text, or larger than batten reads, are left out. Raises
    ChangesProblem where the repository lacks one (a partial clone): what was new before could not be told."""
    absent = next((path for path, blob in blobs.items() if blob.size == UNKNOWN_SIZE), None)
    if absent is not None:
        raise ChangesProblem(
            f"the contents of {absent} at that revision are missing here; run `git fetch` first"
        )
    held: dict[Repository, dict[str, _Blob]] = defaultdict(dict)
    for path, blob in blobs.items():
        if blob.size <= LARGEST:
            held[blob.of][path] = blob
    return {path: text for known, wanted in held.items() for path, text in _texts(known, wanted)}


def _texts(known: Repository, wanted: dict[str, _Blob]) -> Iterator[tuple[str, str]]:
    names = "".join(f"{blob.name}\n" for blob in wanted.values())
    answer = git(known, ("cat-file", "--batch"), names.encode())
    at = 0
    for path, blob in wanted.items():
        end = answer.index(b"\n", at)
        missing = answer[at:end].endswith(b" missing")
        at = end + 1
        if missing:
            continue
        with suppress(Unreadable):  # then it was not reviewed, either
            yield path, decode(path, answer[at : at + blob.size]).text
        at += blob.size + 1

"""What changed since a revision, and which findings that change made.

git is asked for objects and for its index only (`cell/git.py`); which files of the work tree differ is found out here, so
that nothing a repository configures takes part in it. Files that git would convert on the way (CRLF by attributes) are
compared without their carriage returns, too; what filters made of others counts as changed. Submodules are compared with
the commits that the revision names.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache

from batten.cell.git import GitProblem, Repository, git, repository
from batten.engine.baseline import Baseline, Known
from batten.engine.causes import causes
from batten.engine.changed import Changed, Changes
from batten.engine.discover import MARK, SKIPPED, paths
from batten.engine.identity import Identity, identity_of, kin_of
from batten.engine.moves import moved
from batten.engine.review import Review, judge_all, read, review
from batten.engine.revision import UNKNOWN_SIZE, Blob, ChangesProblem, blobs, commit, contents, names
from batten.engine.shown import source
from batten.engine.waivers import Former
from batten.files import LARGEST, Refused
from batten.formats import Unreadable, Workspace
from batten.formats.comments import FormerLines
from batten.formats.gitignore import ignored
from batten.formats.workspace import decode
from batten.model import Finding, Location
from batten.model.record import record
from batten.policy import Policy

MOST_UNLISTED = (
    2_000  # files of folders that are not read, among which one that was moved there is looked for
)


@record
class State:
    """The files of a revision, reviewed, and what has changed since."""

    changes: Changes
    then: Review


def state_at(
    revision: str,
    workspace: Workspace,
    policy: Policy,
    only: tuple[str, ...],
    baseline: Baseline | None = None,
) -> State:
    """The state of the files at a revision, judged by a policy. Raises ChangesProblem."""
    return state_before(changes_since(revision, workspace), workspace, policy, only, baseline)


def state_before(
    changes: Changes,
    workspace: Workspace,
    policy: Policy,
    only: tuple[str, ...] = (),
    baseline: Baseline | None = None,
) -> State:
    """The state of the files before changes, judged by a policy."""
    former_names = tuple(
        old for new, old in changes.moved.items() if any((new == o or new.startswith(f"{o}/")) for o in only)
    )
    before = Workspace(workspace.files, changes.former, changes.added)
    wanted = (*only, *former_names) if only else ()
    return State(changes, review(before, policy, wanted, fixes=False, baseline=baseline))


def compared(
    since: State,
    workspace: Workspace,
    policy: Policy,
    only: tuple[str, ...],
    baseline: Baseline | None = None,
    former: Former | None = None,
) -> Changed:
    """What the files of now have that a former state has not."""
    changes, then = since.changes, since.then
    every: list[Finding] = []

    def narrow(found: list[Finding]) -> list[Finding]:
        every.extend(found)
        return _made(found, then, changes, workspace)

    result = read(workspace, policy, only)
    judge_all(result, baseline, narrow=narrow, former=former)
    told = Counter((p.source, p.stage, p.message) for p in then.problems)
    result.problems = [
        p for p in result.problems if p.source in changes.paths or not told[p.source, p.stage, p.message]
    ]
    return Changed(result, changes, len(causes(filter(_counts, then.findings))), every)


def commented(state: State, decides: bool) -> Former:
    """Which findings comments suppress at a revision, by the names that files have now."""
    quiet = (f for f in state.then.findings if f.suppression is not None and f.suppression.kind == "inline")
    return Former(_baseline(quiet, state.changes.moved), former_lines(state.changes), decides)


def former_lines(changes: Changes) -> FormerLines:
    """The lines that files had before the changes, by the names that they have now."""

    @cache
    def lines(path: str) -> frozenset[str] | None:
        if path not in changes.paths:
            return None
        former = changes.former.get(changes.moved.get(path, path), "")
        return frozenset(map(str.strip, former.splitlines()))

    return lines


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
    lines = former_lines(changes)

    def stood(finding: Finding) -> bool:
        if finding.region is None:
            return True
        former = lines(finding.at.source)
        return former is None or workspace.text(finding.at.source).line(finding.region.line).strip() in former

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
    try:
        known = repository(workspace.root)
        at = commit(revision, known)
        then = dict(_blobs(known, at, workspace)) if at else {}
        names = _indexed(known, then)
        prefix = _prefix(known, workspace)
        now = frozenset(name[len(prefix) :] for name in names if name.startswith(prefix))
        return _compared(then, now, workspace)
    except GitProblem as error:
        raise ChangesProblem(
            f"git cannot list the changes: {error}; omit --changed-since to report all findings"
        ) from error


def _indexed(known: Repository, then: Mapping[str, Blob]) -> Iterator[str]:
    """The paths in the index, and in those of submodules, below the top of the outer work tree."""
    for one in dict.fromkeys((known, *(blob.of for blob in then.values()))):
        inside = one.top.relative_to(known.top).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        yield from (prefix + name for name in names(git(one, ("ls-files", "-z"))))


def _prefix(known: Repository, workspace: Workspace) -> str:
    below = workspace.root.relative_to(known.top.resolve()).as_posix()
    return "" if below == "." else below + "/"


def _blobs(known: Repository, at: str, workspace: Workspace) -> Iterator[tuple[str, Blob]]:
    """The regular files below the root at a commit, those of submodules included."""
    prefix = _prefix(known, workspace)
    for path, blob in blobs(known, at):
        if path.startswith(prefix):
            yield path[len(prefix) :], blob


def _compared(then: dict[str, Blob], indexed: frozenset[str], workspace: Workspace) -> Changes:
    here = frozenset(paths(workspace).paths)
    # Tracked files that are in a folder which is skipped now and was not: it has got a `pyvenv.cfg`.
    concealed: set[str] = set()
    for hidden in then:
        if hidden in here or hidden not in indexed or not workspace.exists(hidden):
            continue
        # Whether a file was in a folder that is not read, by its names or a file of the same state.
        folders = hidden.split("/")[:-1]
        skipped = not SKIPPED.isdisjoint(folders) or any(
            "/".join((*folders[: number + 1], MARK)) in then for number in range(len(folders))
        )
        if not skipped:
            concealed.add(hidden)
    other = {
        path: blob for path, blob in then.items() if path in concealed or _differs(path, blob, workspace)
    }
    unlisted = frozenset(p for p in indexed if p not in then and p not in here and workspace.exists(p))
    listed = frozenset(p for p in here if p not in then and (p in indexed or not ignored(p, workspace)))
    former = _former(other)
    gone = {path: text for path, text in former.items() if not workspace.exists(path)}
    # A folder that tools fill may hold thousands: those that are named like a file that is gone come first.
    names = {posixpath.basename(path) for path in gone}
    likely = sorted(unlisted, key=lambda path: (posixpath.basename(path) not in names, path))[:MOST_UNLISTED]
    renamed = moved(gone, (*listed, *likely), workspace)
    differing = frozenset(
        path for path in other if path not in concealed or _differs(path, then[path], workspace)
    )
    return Changes(
        listed | differing,
        former,
        listed | unlisted,
        renamed,
        frozenset(concealed) | (unlisted & renamed.keys()),
    )


def _differs(path: str, blob: Blob, workspace: Workspace) -> bool:
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


def _named(data: bytes, like: Blob) -> str:
    """The name that git gives to such content: SHA-1 or SHA-256, by the length of the repository's names."""
    digest = hashlib.sha1 if len(like.name) == 40 else hashlib.sha256
    return digest(b"blob %d\0" % len(data) + data).hexdigest()


def _former(wanted: dict[str, Blob]) -> dict[str, str]:
    """The texts of files at a commit; those that are no text, or larger than batten reads, are left out. Raises
    ChangesProblem where the repository lacks one (a partial clone): what was new before could not be told."""
    absent = next((path for path, blob in wanted.items() if blob.size == UNKNOWN_SIZE), None)
    if absent is not None:
        raise ChangesProblem(
            f"the contents of {absent} at that revision are missing here; run `git fetch` first"
        )
    held: dict[Repository, dict[str, Blob]] = defaultdict(dict)
    for path, blob in wanted.items():
        if blob.size <= LARGEST:
            held[blob.of][path] = blob
    return {path: text for known, some in held.items() for path, text in _texts(known, some)}


def _texts(known: Repository, wanted: dict[str, Blob]) -> Iterator[tuple[str, str]]:
    for path, data in contents(known, wanted):
        with suppress(Unreadable):  # then it was not reviewed, either
            yield path, decode(path, data).text

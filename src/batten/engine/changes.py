"""What changed since a revision, and which findings are of that change."""

from __future__ import annotations

import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

from batten.engine.review import Review, review
from batten.formats import Unreadable, Workspace
from batten.formats.workspace import decode
from batten.model import Finding
from batten.model.record import record
from batten.policy import Policy

# A repository's own configuration may name programs for git to run; none of them is asked for here.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--no-optional-locks")
SECONDS = 120


class ChangesProblem(Exception):
    """git cannot tell what changed; the sentence says why."""


@record
class Changes:
    """Files below the root that are not as they were: their former texts, and those that were not there."""

    paths: frozenset[str]
    former: dict[str, str]
    added: frozenset[str]


def changes_since(revision: str, root: Path) -> Changes:
    """What differs between a revision and the files as they are now, untracked ones included. Raises
    ChangesProblem."""
    if revision.startswith("-"):
        raise ChangesProblem(f"'{revision}' is no revision; name a commit, branch or tag")
    named = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = named.decode().strip()
    if not commit:
        raise ChangesProblem(f"git knows no revision '{revision}' here; name a commit, branch or tag")
    asked = ("diff", "--relative", "--name-status", "-z", "--no-renames", "--no-ext-diff", commit)
    words = _git(root, *asked).decode("utf-8", "surrogateescape").split("\0")
    status = dict(zip(words[1::2], words[0::2], strict=False))
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    added = {p for p in untracked.decode("utf-8", "surrogateescape").split("\0") if p}
    added |= {path for path, word in status.items() if word == "A"}
    former = _former([p for p in status if p not in added], commit, root)
    return Changes(frozenset([*status, *added]), former, frozenset(added))


def _git(root: Path, *words: str, given: bytes = b"") -> bytes:
    try:
        asked = subprocess.run(
            [*_GIT, "-C", str(root), *words], input=given, capture_output=True, timeout=SECONDS
        )
    except FileNotFoundError as error:
        raise ChangesProblem("git is not installed; --changed-since asks it what changed") from error
    except subprocess.TimeoutExpired as error:
        raise ChangesProblem(f"git did not answer in {SECONDS} s") from error
    if asked.returncode and asked.stderr:
        said = asked.stderr.decode("utf-8", "replace").strip().splitlines()[-1]
        raise ChangesProblem(f"git cannot tell what changed: {said}")
    return asked.stdout


def _former(paths: list[str], commit: str, root: Path) -> dict[str, str]:
    """The texts of files at a commit; those that are no text are left out."""
    wanted = [p for p in paths if "\n" not in p]
    names = "".join(f"{commit}:./{path}\n" for path in wanted).encode("utf-8", "surrogateescape")
    answer = _git(root, "cat-file", "--batch", given=names) if wanted else b""
    texts: dict[str, str] = {}
    at = 0
    for path in wanted:
        end = answer.index(b"\n", at)
        words = answer[at:end].split()
        at = end + 1
        if words[-1] == b"missing":
            continue
        size = int(words[2])
        with suppress(Unreadable):  # then it was not reviewed, either
            texts[path] = decode(path, answer[at : at + size]).text
        at += size + 1
    return texts


def of_the_change(result: Review, changes: Changes, policy: Policy, only: tuple[str, ...]) -> None:
    """Leave only the findings in changed files, and those elsewhere that were not there before: a Service
    may expose what another file deploys."""
    result.problems = [p for p in result.problems if p.source in changes.paths]
    elsewhere = [f for f in result.findings if f.at.source not in changes.paths]
    if not elsewhere:
        return
    before = Workspace(result.workspace.root, changes.former, changes.added)
    then = review(before, policy, only, fixes=False)
    known = Counter(f.fingerprint for f in then.findings if f.at.source not in changes.paths)
    result.findings = [f for f in result.findings if f.at.source in changes.paths or _is_new(f, known)]


def _is_new(finding: Finding, known: Counter[str]) -> bool:
    if known[finding.fingerprint] <= 0:
        return True
    known[finding.fingerprint] -= 1
    return False

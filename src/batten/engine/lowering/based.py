"""The batten.yaml of a revision: where it is, and the policy that it says."""

from __future__ import annotations

import os
from pathlib import Path

from batten.engine.revision import ChangesProblem, Commit, commit_at
from batten.formats import Unreadable
from batten.formats.workspace import decode
from batten.model.record import record
from batten.policy import NAME, Policy, PolicyProblem
from batten.policy.load import parse_policy

OPTION = "--policy-from"


@record
class Based:
    """The policy of a revision, and the folder that its batten.yaml is in; None where the revision has none around `start`."""

    commit: Commit
    policy: Policy
    root: Path | None


def based(revision: str, start: Path, option: str = OPTION) -> Based:
    """The policy that a revision has for a folder: of the nearest batten.yaml at or above it, up to the top of the repository.
    Raises ChangesProblem and PolicyProblem."""
    commit = commit_at(revision, start, option)
    folder, top = start.resolve(), commit.top
    for one in (folder, *folder.parents):
        if not one.is_relative_to(top):
            break
        path = one.relative_to(top).as_posix()
        below = "" if path == "." else path
        data = commit.file(f"{below}/{NAME}".lstrip("/"), below)
        if data is not None:
            return Based(commit, policy_of(data, revision), one)
    return Based(commit, Policy(), None)


def path_in(path: Path, top: Path) -> str | None:
    """The path that a name has below the top of a repository, as it is written: links below the top are the repository's. None
    outside of it."""
    place = Path(os.path.abspath(path))
    for folder in reversed(place.parents):
        if folder.resolve() == top:
            return place.relative_to(folder).as_posix()
    place = place.parent.resolve() / place.name  # a link from outside leads in
    return place.relative_to(top).as_posix() if place.is_relative_to(top) else None


def policy_of(data: bytes, revision: str) -> Policy:
    """The policy that the content of a batten.yaml says. Raises PolicyProblem."""
    try:
        return parse_policy(NAME, decode(NAME, data).text)
    except Unreadable as error:
        raise PolicyProblem(f"{NAME} at {revision}: {error}; {error.hint}") from error
    except PolicyProblem as error:
        raise PolicyProblem(str(error).replace(NAME, f"{NAME} at {revision}", 1)) from error


def fork_policy(base: Based, fork: Commit | None) -> Policy | None:
    """The policy at the place where a change began; None where it is the base's, or cannot be told."""
    if fork is None or base.root is None or fork.name == base.commit.name:
        return None
    path = base.root.relative_to(fork.top).as_posix()
    below = "" if path == "." else path
    try:
        data = fork.file(f"{below}/{NAME}".lstrip("/"), below)
        return Policy() if data is None else policy_of(data, fork.revision)
    except (ChangesProblem, PolicyProblem):
        return None

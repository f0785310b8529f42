"""The data folder of a service: what the user named, or a place of this user's."""

from __future__ import annotations

from pathlib import Path

from batten.files import NoState, state_of


class FolderProblem(Exception):
    """There is no place for the service's files; the sentence says why."""


def folder(named: Path | None) -> Path:
    """The folder that `--data` names, or the one that the service uses without it. Raises FolderProblem."""
    if named is not None:
        return named.absolute()
    try:
        return state_of("batten watch").place
    except NoState as problem:
        raise FolderProblem(f"{problem}; or name a folder with --data") from problem

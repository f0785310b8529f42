"""A rendered deployment put into its folder: what changes, whether people edited it, and the secrets that it needs."""

from __future__ import annotations

import stat
from pathlib import PurePosixPath

from batten import masking
from batten.engine.hardening.lock import NAME, Lock, digest
from batten.engine.journal import UndoProblem, write, writing
from batten.files import Refused, Root
from batten.formats import Unreadable, Workspace
from batten.harden import HardenProblem, regions
from batten.harden.made import Made, Secret
from batten.model.record import record

PRIVATE = 0o600
IGNORED = ".gitignore"


@record(kw_only=True)
class Change:
    """One file: `old` is None where there is none yet. `edited` says that people changed it outside of its regions."""

    path: str
    old: str | None
    new: str
    edited: bool = False

    @property
    def differs(self) -> bool:
        return self.old != self.new


def laid_out(made: Made) -> Made:
    """The deployment with a list of its secrets that keeps them out of git. Raises HardenProblem for a path that would
    leave the folder."""
    for path in (*made.files, *(secret.path for secret in made.secrets)):
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or path == NAME:
            raise HardenProblem(
                f"'{path}' is not a path below the output folder; report it with the contract"
            )
    if not made.secrets:
        return made
    return Made({**_ignoring(made.secrets), **made.files}, made.secrets, made.notes, made.images)


def _ignoring(secrets: tuple[Secret, ...]) -> dict[str, str]:
    """What keeps secrets out of git, in the folders of secrets alone: the output folder may be one of people's own."""
    folders = {secret.path.partition("/")[0] for secret in secrets if "/" in secret.path}
    files = {f"{folder}/{IGNORED}": f"*\n!{IGNORED}\n" for folder in folders}
    bare = sorted(f"/{secret.path}" for secret in secrets if "/" not in secret.path)
    return {**files, **({IGNORED: "\n".join(bare) + "\n"} if bare else {})}


def changes(workspace: Workspace, made: Made, lock: Lock | None) -> list[Change]:
    """What writing it would do, file by file. Raises HardenProblem for what cannot be read, and for broken regions."""
    return [_change(workspace, path, made.files[path], lock) for path in sorted(made.files)]


def _change(workspace: Workspace, path: str, rendered: str, lock: Lock | None) -> Change:
    old = existing(workspace, path)
    if old is None:
        return Change(path=path, old=None, new=rendered)
    wrote = lock.files.get(path) if lock is not None else None
    bare = regions.emptied(path, old)
    edited = bare != rendered and digest(bare) != wrote
    return Change(path=path, old=old, new=regions.kept(path, rendered, old), edited=edited)


def existing(workspace: Workspace, path: str) -> str | None:
    """The text of a file in the folder; None when it is not there. Raises HardenProblem."""
    if not workspace.exists(path):
        return None
    try:
        return workspace.text(path).text
    except Unreadable as error:
        raise HardenProblem(f"{path} cannot be read: {error}; move it elsewhere") from error


def put(workspace: Workspace, made: Made, found: list[Change], lock: str) -> None:
    """Write secrets that are not there yet, then all files, all or none; `batten harden --undo` restores the files.
    Raises HardenProblem."""
    try:
        with writing(workspace.files):
            generate(workspace.files, made.secrets)
            texts = {change.path: change.new for change in found}
            write(workspace, {**texts, NAME: lock})
    except (UndoProblem, Unreadable) as error:
        raise HardenProblem(str(error)) from error
    except Refused as error:
        raise HardenProblem(f"{error}; {error.hint}") from error
    except OSError as error:
        raise HardenProblem(f"{error.filename}: {error.strerror}; choose another folder") from error


def generate(root: Root, secrets: tuple[Secret, ...], mode: int = PRIVATE) -> None:
    """Each secret that is not there yet, for this user's eyes, or from root for its owner's; one that is there is never
    written again. Raises Refused and OSError."""
    private = Root(root.path, 0o700)
    earlier: dict[str, bytes] = {}
    for secret in secrets:
        if private.writable(secret.path) is None:
            owner = None if secret.owner is None else (secret.owner, secret.owner)
            private.create(secret.path, secret.make(earlier), mode, owner)
        earlier[secret.path] = private.read(secret.path)
        masking.register(earlier[secret.path].decode("utf-8", "replace"))


def is_open(root: Root, path: str) -> bool:
    """Whether other users may read or write the file. Raises Refused and OSError."""
    return bool(stat.S_IMODE(root.status(path).st_mode) & 0o077)

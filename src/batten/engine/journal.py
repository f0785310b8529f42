"""Writing fixes to disk, all or none, and taking them back byte for byte."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

import msgspec

from batten.formats import Workspace

FOLDER = Path(".batten") / "undo"


class UndoProblem(Exception):
    """Fixes cannot be written or taken back; the sentence says why, and nothing was changed."""


class Patch(msgspec.Struct, frozen=True):
    """Put `old` (base64) in place of the bytes start..end of the fixed file."""

    start: int
    end: int
    old: str


class Change(msgspec.Struct, frozen=True):
    path: str
    before: str  # SHA-256 of the bytes, "" when the file did not exist
    after: str
    patches: list[Patch]


class Entry(msgspec.Struct, frozen=True):
    version: int
    changes: list[Change]


def write(workspace: Workspace, texts: Mapping[str, str]) -> Path | None:
    """Replace the files by their new texts; returns the journal entry, None when nothing changes.

    All new files are prepared beside the old ones before the first is replaced; a failure in between
    takes back what was replaced. Raises UndoProblem.
    """
    prepared: list[tuple[Path, Path, bytes | None]] = []
    changes: list[Change] = []
    try:
        for path, text in sorted(texts.items()):
            place = _place(workspace, path)
            old = place.read_bytes() if place.exists() else None
            new = (
                b"\xef\xbb\xbf" if old is not None and old.startswith(b"\xef\xbb\xbf") else b""
            ) + text.encode()
            if new == old:
                continue
            prepared.append((_prepare(place, new, old is not None), place, old))
            changes.append(Change(path, _hash(old), _hash(new), _patches(old or b"", new)))
        if not changes:
            return None
        entry = _note(workspace.root, Entry(1, changes))
    except OSError as error:
        for ready, _, _ in prepared:
            ready.unlink(missing_ok=True)
        raise UndoProblem(f"nothing was written: {error}") from error
    _replace(prepared, entry)
    for change in changes:
        workspace.forget(change.path)
    return entry


def undo(root: Path) -> list[str]:
    """Take the last fix back; returns the paths restored. Raises UndoProblem when a file was changed
    since, or there is nothing to take back."""
    folder = root / FOLDER
    entries = sorted(folder.glob("*.json"), key=lambda p: int(p.stem)) if folder.is_dir() else []
    if not entries:
        raise UndoProblem(f"there is no fix to take back in {root}")
    entry = msgspec.json.decode(entries[-1].read_bytes(), type=Entry)
    workspace = Workspace(root)
    restored: list[tuple[Path, bytes | None]] = []
    for change in entry.changes:
        place = _place(workspace, change.path)
        now = place.read_bytes() if place.exists() else None
        if _hash(now) == change.before:
            continue
        if _hash(now) != change.after:
            raise UndoProblem(f"{change.path} was changed since it was fixed; nothing was taken back")
        restored.append((place, _restored(now or b"", change)))
    ready = [(_prepare(p, data, True), p) if data is not None else (None, p) for p, data in restored]
    for new, place in ready:
        if new is None:
            place.unlink()
        else:
            new.replace(place)
    entries[-1].unlink()
    return [c.path for c in entry.changes]


def _place(workspace: Workspace, path: str) -> Path:
    """Where a path's bytes lie. A symbolic link is followed, but never out of the root."""
    real = (workspace.root / path).resolve()
    if workspace.root not in real.parents:
        raise UndoProblem(f"{path} leaves {workspace.root}; nothing was written")
    return real


def _prepare(place: Path, data: bytes, exists: bool) -> Path:
    """The new bytes in a file beside the old one, with its mode and owner."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    ready = Path(name)
    if exists:
        status = place.stat()
        ready.chmod(status.st_mode & 0o7777)
        with contextlib.suppress(PermissionError):
            os.chown(ready, status.st_uid, status.st_gid)
    else:
        ready.chmod(0o644)
    return ready


def _replace(prepared: list[tuple[Path, Path, bytes | None]], entry: Path) -> None:
    replaced: list[tuple[Path, bytes | None]] = []
    try:
        for ready, place, old in prepared:
            ready.replace(place)
            replaced.append((place, old))
    except OSError as error:
        for place, old in replaced:
            if old is None:
                place.unlink(missing_ok=True)
            else:
                _prepare(place, old, True).replace(place)
        for ready, _, _ in prepared:
            ready.unlink(missing_ok=True)
        entry.unlink(missing_ok=True)
        raise UndoProblem(f"nothing was written: {error}") from error


def _note(root: Path, entry: Entry) -> Path:
    """The journal entry, readable by its owner only: what a fix took out may have been a secret."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = max((int(p.stem) for p in folder.glob("*.json")), default=0) + 1
    path = folder / f"{number:04}.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(entry))
        file.flush()
        os.fsync(file.fileno())
    return path


def _hash(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _patches(old: bytes, new: bytes) -> list[Patch]:
    """What turns the new bytes into the old ones, line by line."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in after:
        starts.append(starts[-1] + len(line))
    patches = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            text = base64.b64encode(b"".join(before[i1:i2])).decode()
            patches.append(Patch(starts[j1], starts[j2], text))
    return patches


def _restored(data: bytes, change: Change) -> bytes | None:
    if not change.before:
        return None
    for patch in sorted(change.patches, key=lambda p: -p.start):
        data = data[: patch.start] + base64.b64decode(patch.old) + data[patch.end :]
    if _hash(data) != change.before:
        raise UndoProblem(f"the journal does not fit {change.path}; nothing was taken back")
    return data

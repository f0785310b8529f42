"""Writing fixes to disk, all or none, and taking them back byte for byte.

A journal entry stands in this user's state, sealed, before the first file is touched: `0007.busy` while files are being
replaced, `0007.json` from then on. Whatever kills a run, each file is old or new as a whole, and the entry tells which new
files lie about and what the old bytes were.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import msgspec

from batten.files import NoState, Refused, Root, State, state_of
from batten.files.lock import locked
from batten.formats import Workspace
from batten.model.record import record

FOLDER = "undo"
LOCK = "lock"
KEPT = 50  # entries; older ones are dropped
LARGEST = 512 * 1024 * 1024  # bytes of an entry
_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(r"(\d{4,9})\.(json|busy)")
_PURPOSE = "undo"


class UndoProblem(Exception):
    """Fixes cannot be written or taken back; the sentence says why, and what became of the files."""


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
    """`mark` is in the names of the new files until they are put in place; `folders` are those that were made."""

    version: int
    mark: str
    changes: list[Change]
    folders: list[str] = []


@record
class Recovered:
    """What an interrupted fix or undo had left: how many files have their new text, and how many the old one."""

    new: int
    old: int


@record
class _Ready:
    """One file that is about to be replaced."""

    path: str
    old: bytes | None
    new: bytes
    status: os.stat_result | None


@contextmanager
def writing(root: Root) -> Iterator[State]:
    """Only one command writes below a root at a time. Raises UndoProblem."""
    try:
        state = state_of(root.path)
        with locked(state, LOCK):
            yield state
    except NoState as error:
        raise UndoProblem(f"nothing was written: {error}") from error


def write(workspace: Workspace, texts: Mapping[str, str]) -> str | None:
    """Replace the files by their new texts; returns the name of the journal entry, None when nothing changes.

    Raises UndoProblem when a file is not as the workspace read it, or cannot be replaced; then none is.
    """
    files = workspace.files
    with writing(files) as state:
        try:
            ready = [r for path, text in sorted(texts.items()) if (r := _ready(workspace, path, text))]
            if not ready:
                return None
            changes = [
                Change(r.path, _hash(r.old), _hash(r.new), _patches(r.old or b"", r.new)) for r in ready
            ]
            # The folders that new files need, outermost first.
            folders: list[str] = []
            seen: set[str] = set()
            for folders_one in ready:
                parts = folders_one.path.split("/")[:-1]
                for count in range(1, len(parts) + 1):
                    folder = "/".join(parts[:count])
                    if folders_one.old is None and folder not in seen and not files.exists(folder):
                        seen.add(folder)
                        folders.append(folder)
            entry = Entry(2, os.urandom(8).hex(), changes, folders)
            name = _begin(state, entry)
        except (OSError, Refused) as error:
            raise UndoProblem(f"nothing was written: {_said(error)}") from error
        _replace(files, state, name, entry, ready)
        name = _rename(state, name, "json")
    for one in ready:
        workspace.forget(one.path)
    return name


def undo(root: Root) -> list[str]:
    """Take the last fix back; returns the paths restored. Raises UndoProblem when a file was changed since, or there is
    nothing to take back."""
    with writing(root) as state:
        names = _names(state)
        if not names:
            raise UndoProblem(f"there is no fix to undo in {root.path}")
        name = names[-1]
        entry = _read(state, name)
        try:
            ready = [r for change in entry.changes if (r := _restored(root, change))]
            busy = _rename(state, name, "busy")
            # The old bytes of each file, first beside it and then in its place. In a `_Ready` of an undo, `old` is
            # what goes.
            numbers = {change.path: number for number, change in enumerate(entry.changes)}
            for one in ready:
                if one.new is not _GONE:
                    _write_new(root, _new(entry, numbers[one.path], one.path), one.new, one.status)
            for one in ready:
                if one.new is _GONE:
                    root.remove(one.path)
                else:
                    root.move(_new(entry, numbers[one.path], one.path), _name(one.path))
        except (OSError, Refused) as error:
            with suppress(OSError, Refused):
                _remove_new(root, entry)
            raise UndoProblem(
                f"the undo is incomplete: {_said(error)}; run `batten fix --undo` again"
            ) from error
        for folder in reversed(entry.folders):
            root.remove_folder(folder)
        state.files.remove(state.path(f"{FOLDER}/{busy}"))
        return [change.path for change in entry.changes]


def recover(root: Root) -> Recovered | None:
    """Clean up after a fix or an undo that was killed. None when there is nothing to clean up, or no state to look into."""
    try:
        state = state_of(root.path)
        if not any(name.endswith(".busy") for name in _names(state)):
            return None
        with locked(state, LOCK):
            found: Recovered | None = None
            for name in [n for n in _names(state) if n.endswith(".busy")]:
                entry = _read(state, name)
                _remove_new(root, entry)
                hashes = {change.path: _now(root, change.path) for change in entry.changes}
                new = sum(hashes[c.path] == c.after for c in entry.changes)
                if new:
                    _rename(state, name, "json")
                else:
                    for folder in reversed(entry.folders):
                        root.remove_folder(folder)
                    state.files.remove(state.path(f"{FOLDER}/{name}"))
                found = Recovered(new, len(entry.changes) - new)
            return found
    except (NoState, OSError, Refused, UndoProblem):
        return None


def _now(root: Root, path: str) -> str:
    with suppress(OSError, Refused):
        return _hash(root.read(path))
    return ""


def _ready(workspace: Workspace, path: str, text: str) -> _Ready | None:
    """None when the file has that text already. Raises Refused and OSError."""
    files = workspace.files
    status = files.writable(path)
    old = files.read(path) if status is not None else None
    if old is not None and old.removeprefix(_BOM) != workspace.text(path).text.encode():
        raise Refused(f"{path} was changed while batten was fixing it", "run again")
    new = (_BOM if old is not None and old.startswith(_BOM) else b"") + text.encode()
    return None if new == old else _Ready(path, old, new, status)


def _replace(files: Root, state: State, name: str, entry: Entry, ready: list[_Ready]) -> None:
    """All new files are on the disk before the first is put in place; a failure in between takes back what was done."""
    done: list[_Ready] = []
    try:
        for number, one in enumerate(ready):
            _write_new(files, _new(entry, number, one.path), one.new, one.status)
        for number, one in enumerate(ready):
            files.move(_new(entry, number, one.path), _name(one.path), over=one.old is not None)
            done.append(one)
    except (OSError, Refused) as error:
        with suppress(OSError, Refused):
            _remove_new(files, entry)
        try:
            for replaced in done:
                if replaced.old is None:
                    files.remove(replaced.path)
                else:
                    files.replace(replaced.path, replaced.old, _mode(replaced.status))
        except (OSError, Refused) as second:
            message = f"some files were written already: {_said(error)}, then {_said(second)}"
            raise UndoProblem(f"{message}; `batten fix --undo` restores them") from second
        for folder in reversed(entry.folders):
            files.remove_folder(folder)
        state.files.remove(state.path(f"{FOLDER}/{name}"))
        raise UndoProblem(f"nothing was written: {_said(error)}") from error


def _write_new(files: Root, path: str, data: bytes, like: os.stat_result | None) -> None:
    owner = (like.st_uid, like.st_gid) if like is not None else None
    files.create(path, data, _mode(like), owner)


def _mode(status: os.stat_result | None) -> int:
    return stat.S_IMODE(status.st_mode) if status is not None else 0o644


def _new(entry: Entry, number: int, path: str) -> str:
    """Where a file's new bytes lie until they are put in place: beside it, under an unpredictable name."""
    above, slash, _ = path.rpartition("/")
    return f"{above}{slash}.batten-{entry.mark}-{number}"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _remove_new(files: Root, entry: Entry) -> None:
    for number, change in enumerate(entry.changes):
        with suppress(FileNotFoundError, NotADirectoryError):
            files.remove(_new(entry, number, change.path))


_GONE = b"\0gone"  # stands for a file that was not there before the fix; compared by identity


def _restored(root: Root, change: Change) -> _Ready | None:
    """What puts one file back; None when it is as it was. Raises UndoProblem when it was changed since."""
    status = root.writable(change.path)
    now = root.read(change.path) if status is not None else None
    if _hash(now) == change.before:
        return None
    if _hash(now) != change.after:
        raise UndoProblem(f"{change.path} was changed after the fix; nothing was restored")
    return _Ready(change.path, now, _former(now or b"", change), status)


def _former(data: bytes, change: Change) -> bytes:
    if not change.before:
        return _GONE
    for patch in sorted(change.patches, key=lambda p: -p.start):
        data = data[: patch.start] + base64.b64decode(patch.old) + data[patch.end :]
    if _hash(data) != change.before:
        raise UndoProblem(f"the undo journal does not match {change.path}; nothing was restored")
    return data


def _hash(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _patches(old: bytes, new: bytes) -> list[Patch]:
    """What turns the new bytes into the old ones: all between the first and the last that differ."""
    if old == new:
        return []
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    return [Patch(start, len(new) - end, base64.b64encode(old[start : len(old) - end]).decode())]


def _alike(one: bytes, two: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# The journal's own files


def _names(state: State) -> list[str]:
    try:
        found = [name for name, _ in state.files.entries(state.path(FOLDER))]
    except FileNotFoundError:
        return []
    return sorted((n for n in found if _NAME.fullmatch(n)), key=lambda n: int(n.partition(".")[0]))


def _begin(state: State, entry: Entry) -> str:
    """The entry, sealed and on the disk before any file is touched; readable by its owner only: what a fix took out may
    have been a secret."""
    names = _names(state)
    for old in names[: max(0, len(names) - KEPT + 1)]:
        state.files.remove(state.path(f"{FOLDER}/{old}"))
    number = max((int(n.partition(".")[0]) for n in names), default=0) + 1
    name = f"{number:04}.busy"
    # By Python's own JSON: names of files may hold bytes that are no UTF-8, which msgspec's refuses.
    data = state.sealed(_PURPOSE, json.dumps(msgspec.to_builtins(entry)).encode())
    state.files.replace(state.path(f"{FOLDER}/{name}"), data, 0o600)
    return name


def _rename(state: State, name: str, ending: str) -> str:
    new = f"{name.partition('.')[0]}.{ending}"
    if new != name:
        state.files.move(state.path(f"{FOLDER}/{name}"), new)
    return new


def _read(state: State, name: str) -> Entry:
    """Raises UndoProblem for an entry that this user's batten did not write whole."""
    place = state.place / FOLDER / name
    try:
        data = state.opened(_PURPOSE, state.files.read(state.path(f"{FOLDER}/{name}"), LARGEST))
        if data is None:
            raise UndoProblem(
                f"{place} was not written by batten of this user; nothing was restored; remove it"
            )
        return msgspec.convert(json.loads(data), Entry)
    except (OSError, Refused, ValueError, msgspec.MsgspecError) as error:
        raise UndoProblem(f"{place} cannot be read ({_said(error)}); remove it to continue") from error


def _said(error: Exception) -> str:
    if isinstance(error, Refused) and error.hint:
        return f"{error}; {error.hint}"
    if isinstance(error, OSError):
        where = f"{error.filename!s}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return str(error)

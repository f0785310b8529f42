"""Folders by their descriptors, opened one from another without following links; a link is followed by hand."""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict
from pathlib import Path

LONGEST = 4096  # bytes of a path; what is nested deeper is told, not read
_LINKS = 40  # on the way to one file; Linux stops there, too
_KEPT = 128  # folders held open
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Refused(Exception):
    """A path that is not read or written: why, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


LEAVES = "the path is outside the reviewed folder"
BOTH = "review the folder that contains both"


def parts_of(path: str) -> list[str] | None:
    """The parts of a relative path, last one first; None for one that is not relative."""
    if path.startswith("/") or "\0" in path:
        return None
    return [p for p in reversed(path.split("/")) if p not in ("", ".")]


_held: tuple[tuple[int, int], tuple[str, ...]] | None = None


def hold(root: Path, besides: tuple[Path, ...]) -> None:
    """From now on this process opens a folder as a root only where it is in `root` as it is now, whatever is put in its place
    meanwhile, or below one of those that nobody else can write (`besides`). Raises OSError where the path of `root` holds a link."""
    global _held
    opened = os.open("/", _FOLDER)
    try:
        for part in root.parts[1:]:
            below = os.open(part, _FOLDER, dir_fd=opened)
            os.close(opened)
            opened = below
        status = os.fstat(opened)
    finally:
        os.close(opened)
    _held = (status.st_dev, status.st_ino), tuple(os.path.realpath(one) for one in besides)


def _may_be_opened(path: str, opened: int) -> bool:
    """Whether a descriptor is of what this process holds, or of a folder in it."""
    if _held is None or any(path == one or path.startswith(one + "/") for one in _held[1]):
        return True
    now, up = os.dup(opened), -1
    try:
        while True:
            status = os.fstat(now)
            if (status.st_dev, status.st_ino) == _held[0]:
                return True
            up = os.open("..", _FOLDER, dir_fd=now)
            above = os.fstat(up)
            os.close(now)
            now, up = up, -1
            if (above.st_dev, above.st_ino) == (status.st_dev, status.st_ino):
                return False  # the top of all
    finally:
        os.close(now)
        if up >= 0:
            os.close(up)


class Folders:
    """The folders below one, held open by their paths relative to it ("" for itself)."""

    def __init__(self, path: Path | str) -> None:
        self._open: OrderedDict[str, int] = OrderedDict()
        self.path = os.path.realpath(path)

    def __del__(self) -> None:
        try:
            self.close()
        except AttributeError:
            return  # at the end of the interpreter modules are emptied, and the system closes what is open

    def close(self) -> None:
        """Let go of all; they are opened again when they are needed."""
        while self._open:
            os.close(self._open.popitem()[1])

    def forget(self, path: str) -> None:
        """Close a folder that was removed."""
        held = self._open.pop(path, None)
        if held is not None:
            os.close(held)

    def real(self, path: str, last: bool = True) -> str | None:
        """The path with every link in it replaced by what it names; None when one leads out of the root, or in a circle.

        Parts that are not there stay as they are. With `last` false, a link in the last place stays, too.
        """
        done: list[str] = []
        pending = parts_of(path)
        if pending is None:
            return None
        links = 0
        while pending:
            name = pending.pop()
            if name == "..":
                if not done:
                    return None
                done.pop()
                continue
            target = self._link(done, name) if last or pending else None
            if target is None:
                done.append(name)
                continue
            links += 1
            more = self._named(target, done)
            if links > _LINKS or more is None:
                return None
            pending += more
        return "/".join(done)

    def _link(self, above: list[str], name: str) -> str | None:
        """What the name stands for when it is a link; None for anything else."""
        try:
            return os.readlink(name, dir_fd=self.folder("/".join(above)))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise Refused("the path is too long", "list it under `ignore:` in batten.yaml") from error
            return None

    def _named(self, target: str, beside: list[str]) -> list[str] | None:
        """The parts, last one first, that a link's text adds; those of an absolute one count from the root."""
        if not target.startswith("/"):
            return parts_of(target)
        here = self.path.rstrip("/")
        if target != here and not target.startswith(here + "/"):
            return None
        beside.clear()
        return parts_of(target[len(here) :].lstrip("/"))

    def folder(self, path: str) -> int:
        """A descriptor of a folder whose path holds no link. Raises OSError."""
        known = self._open.get(path)
        if known is not None:
            self._open.move_to_end(path)
            return known
        if not path:
            opened = os.open(self.path, _FOLDER)
            if not _may_be_opened(self.path, opened):
                os.close(opened)
                raise Refused(f"{self.path} is not the folder that was judged", "run again")
        else:
            above, _, name = path.rpartition("/")
            opened = os.open(name, _FOLDER, dir_fd=self.nearest(above))
        self._open[path] = opened
        if len(self._open) > _KEPT:
            os.close(self._open.popitem(last=False)[1])
        return opened

    def nearest(self, path: str) -> int:
        """The folder's descriptor, opened from the nearest one above that is open already: no recursion, however deep."""
        missing: list[str] = []
        while path and path not in self._open:
            missing.append(path)
            path = path.rpartition("/")[0]
        found = self.folder(path)
        for below in reversed(missing):
            found = self.folder(below)
        return found

    def at(self, path: str) -> tuple[int, str, os.stat_result]:
        """The folder that holds what the path names, links followed, its name there, and lstat(2) of it. Raises Refused
        and OSError."""
        if len(path) > LONGEST or "\0" in path:
            raise Refused("the path is too long, or holds a NUL", "list it under `ignore:` in batten.yaml")
        above, _, name = path.rpartition("/")
        folder = self.straight(above) if name not in ("", ".", "..") else None
        if folder is not None:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISLNK(status.st_mode):
                return folder, name, status
        above, _, name = self.inside(path).rpartition("/")
        folder, name = self.nearest(above), name or "."
        return folder, name, os.stat(name, dir_fd=folder, follow_symlinks=False)

    def straight(self, path: str) -> int | None:
        """A folder's descriptor when its path stands as it is, without links and detours; else None. Raises
        FileNotFoundError for one that is not there: its parts are not walked again, for links that it cannot hold."""
        if path in self._open:
            return self.folder(path)
        if path and any(part in ("", ".", "..") for part in path.split("/")):
            return None
        try:
            return self.nearest(path)
        except FileNotFoundError:
            raise
        except OSError:
            return None

    def inside(self, path: str) -> str:
        real = self.real(path)
        if real is None:
            raise Refused(LEAVES, BOTH)
        return real

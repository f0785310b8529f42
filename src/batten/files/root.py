"""A folder by its descriptor: what lies below it is reached one name at a time, and no link leads out.

What a checkout holds is a stranger's. A path is therefore never handed to the system whole: each folder on the way is
opened from the one above it without following links, and a link is followed by hand, as far as it stays below the root.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO

LARGEST = 32 * 1024 * 1024  # bytes; no configuration file written by people comes near
LONGEST = 4096  # bytes of a path; what is nested deeper is told, not read
_LINKS = 40  # on the way to one file; Linux stops there, too
_KEPT = 128  # folders held open
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Kind(Enum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"  # a pipe, a socket or a device
    NONE = "none"


class Refused(Exception):
    """A path that is not read or written: why, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


LEAVES = "the path is outside the reviewed folder"
BOTH = "review the folder that contains both"


class Root:
    """Everything below one folder, by paths relative to it ("/" between parts, "" for the folder itself). `mode` is that
    of folders that are made on the way to a new file."""

    def __init__(self, path: Path | str, mode: int = 0o755) -> None:
        self._folders: OrderedDict[str, int] = OrderedDict()
        self.path = os.path.realpath(path)
        self._mode = mode

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folders held open; they are opened again when they are needed."""
        while self._folders:
            os.close(self._folders.popitem()[1])

    def real(self, path: str, last: bool = True) -> str | None:
        """The path with every link in it replaced by what it names; None when one leads out of the root, or in a circle.

        Parts that are not there stay as they are. With `last` false, a link in the last place stays, too.
        """
        done: list[str] = []
        pending = _parts(path)
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
            return os.readlink(name, dir_fd=self._folder("/".join(above)))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise Refused("the path is too long", "list it under `ignore:` in batten.yaml") from error
            return None

    def _named(self, target: str, beside: list[str]) -> list[str] | None:
        """The parts, last one first, that a link's text adds; those of an absolute one count from the root."""
        if not target.startswith("/"):
            return _parts(target)
        here = self.path.rstrip("/")
        if target != here and not target.startswith(here + "/"):
            return None
        beside.clear()
        return _parts(target[len(here) :].lstrip("/"))

    def _folder(self, path: str) -> int:
        """A descriptor of a folder whose path holds no link. Raises OSError."""
        known = self._folders.get(path)
        if known is not None:
            self._folders.move_to_end(path)
            return known
        if not path:
            opened = os.open(self.path, _FOLDER)
        else:
            above, _, name = path.rpartition("/")
            opened = os.open(name, _FOLDER, dir_fd=self._nearest(above))
        self._folders[path] = opened
        if len(self._folders) > _KEPT:
            os.close(self._folders.popitem(last=False)[1])
        return opened

    def _nearest(self, path: str) -> int:
        """The folder's descriptor, opened from the nearest one above that is open already: no recursion, however deep."""
        missing: list[str] = []
        while path and path not in self._folders:
            missing.append(path)
            path = path.rpartition("/")[0]
        found = self._folder(path)
        for below in reversed(missing):
            found = self._folder(below)
        return found

    def _at(self, path: str) -> tuple[int, str, os.stat_result]:
        """The folder that holds what the path names, links followed, its name there, and lstat(2) of it. Raises Refused
        and OSError."""
        if len(path) > LONGEST or "\0" in path:
            raise Refused("the path is too long, or holds a NUL", "list it under `ignore:` in batten.yaml")
        above, _, name = path.rpartition("/")
        folder = self._straight(above) if name not in ("", ".", "..") else None
        if folder is not None:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISLNK(status.st_mode):
                return folder, name, status
        above, _, name = self._inside(path).rpartition("/")
        folder, name = self._nearest(above), name or "."
        return folder, name, os.stat(name, dir_fd=folder, follow_symlinks=False)

    def _straight(self, path: str) -> int | None:
        """A folder's descriptor when its path stands as it is, without links and detours; else None. Raises
        FileNotFoundError for one that is not there: its parts are not walked again, for links that it cannot hold."""
        if path in self._folders:
            return self._folder(path)
        if path and any(part in ("", ".", "..") for part in path.split("/")):
            return None
        try:
            return self._nearest(path)
        except FileNotFoundError:
            raise
        except OSError:
            return None

    def _inside(self, path: str) -> str:
        real = self.real(path)
        if real is None:
            raise Refused(LEAVES, BOTH)
        return real

    def status(self, path: str) -> os.stat_result:
        """lstat(2) of what the path names, links followed within the root. Raises Refused and OSError."""
        return self._at(path)[2]

    def kind(self, path: str) -> Kind:
        """What the path names, links followed within the root."""
        try:
            return _kind(self.status(path).st_mode)
        except (Refused, OSError, ValueError):
            return Kind.NONE

    def exists(self, path: str) -> bool:
        """Whether the path names anything at all, links followed within the root."""
        return self.kind(path) is not Kind.NONE

    def is_link(self, path: str) -> bool:
        """Whether the last part of the path is a symbolic link."""
        try:
            above, _, name = path.rpartition("/")
            folder = self._nearest(self._inside(above))
            return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        except (Refused, OSError, ValueError):
            return False

    def entries(self, folder: str) -> list[tuple[str, Kind]]:
        """The names in a folder, and what each is. Raises Refused and OSError."""
        straight = self._straight(folder)
        opened = straight if straight is not None else self._nearest(self._inside(folder))
        with os.scandir(opened) as found:
            return [(entry.name, _kind_of(entry)) for entry in found]

    def read(self, path: str, most: int = LARGEST) -> bytes:
        """A regular file's bytes. Raises Refused, and OSError when it is not there or not ours to read."""
        folder, name, status = self._at(path)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, a socket or a device"
            raise Refused(f"this is {what}, not a file", "replace it by a regular file")
        if status.st_size > most:
            raise Refused(
                f"the file has {status.st_size:,} bytes, more than batten reads ({most:,})",
                "list it under `ignore:` in batten.yaml if it is not configuration",
            )
        opened = os.open(name, _FILE, dir_fd=folder)
        try:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise Refused("the file was replaced while it was read", "run again")
            return _content(opened, status.st_size, most)
        finally:
            os.close(opened)

    def opened(self, path: str) -> int:
        """A descriptor of a regular file, for one that is too large to be read at once. Raises Refused and OSError."""
        folder, name, status = self._at(path)
        if not stat.S_ISREG(status.st_mode):
            raise Refused("this is not a regular file", "name a file")
        return os.open(name, _FILE, dir_fd=folder)

    def stream(self, path: str) -> BinaryIO:
        """A regular file of any size, to be read piece by piece and closed. Raises Refused and OSError."""
        folder, name, status = self._at(path)
        opened = os.open(name, _FILE, dir_fd=folder) if stat.S_ISREG(status.st_mode) else -1
        if opened < 0 or not stat.S_ISREG(os.fstat(opened).st_mode):
            if opened >= 0:
                os.close(opened)
            raise Refused("this is not a regular file", "replace it by a regular file")
        return os.fdopen(opened, "rb")

    # Writing: no link is followed at all, not even one that stays below the root.

    def _own(self, path: str, make: bool = False) -> tuple[int, str]:
        """The folder that holds the path, and its name there; every part must be what it seems. Raises Refused and OSError."""
        parts = _parts(path)
        if not parts or ".." in parts:
            raise Refused(f"{path} is outside {self.path}", "name a path below it")
        real = self.real(path)
        if real is None:
            raise Refused(
                f"{path} leads out of {self.path} through a symbolic link", "replace the link by a file"
            )
        if real != "/".join(reversed(parts)):
            raise Refused(f"{path} is reached through a symbolic link", f"use {real}, its target")
        above, _, name = real.rpartition("/")
        if make and above:
            self._made(above)
        return self._nearest(above), name

    def _made(self, folder: str) -> None:
        done = ""
        for part in folder.split("/"):
            with suppress(FileExistsError):
                os.mkdir(part, self._mode, dir_fd=self._nearest(done))
            done = f"{done}/{part}" if done else part

    def open_folder(self, path: str) -> int:
        """A folder's descriptor, which stays this root's. Raises Refused and OSError."""
        return self._nearest(self._inside(path))

    def make_folder(self, path: str) -> None:
        """The folder, and those above it, unless they are there. Raises Refused and OSError."""
        above, name = self._own(path, make=True)
        with suppress(FileExistsError):
            os.mkdir(name, self._mode, dir_fd=above)

    def writable(self, path: str) -> os.stat_result | None:
        """The status of a file that may be replaced; None when there is none. Raises Refused for a link, for what is no
        regular file, and for a file of several names: replacing it would part them."""
        try:
            folder, name = self._own(path)
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{path} is not a regular file", "replace it by one")
        if status.st_nlink > 1:
            raise Refused(
                f"{path} has {status.st_nlink} hard links; it was not changed",
                "replace it by a copy without other links, and run again",
            )
        return status

    def create(self, path: str, data: bytes, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
        """A new file, on the disk when this returns. Raises FileExistsError, Refused and OSError."""
        folder, name = self._own(path, make=True)
        opened = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            with os.fdopen(opened, "wb", closefd=False) as file:
                file.write(data)
            if owner is not None:
                with suppress(PermissionError):
                    os.fchown(opened, *owner)
            os.fchmod(opened, mode)
            os.fsync(opened)
        except OSError:
            os.unlink(name, dir_fd=folder)
            raise
        finally:
            os.close(opened)

    def move(self, path: str, name: str, over: bool = True) -> None:
        """Give a file another name in its folder; with `over` false, never over something else. Raises FileExistsError,
        Refused and OSError."""
        folder, old = self._own(path)
        if over:
            os.rename(old, name, src_dir_fd=folder, dst_dir_fd=folder)
            return
        try:
            os.link(old, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
            if _there(name, folder):  # a file system without hard links
                raise FileExistsError(errno.EEXIST, "it exists already", name) from error
            os.rename(old, name, src_dir_fd=folder, dst_dir_fd=folder)
            return
        os.unlink(old, dir_fd=folder)

    def replace(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """A file's whole content, put in place at once. Raises Refused and OSError."""
        fresh = f"{path}.{os.urandom(6).hex()}"
        self.create(fresh, data, mode)
        try:
            self.move(fresh, path.rpartition("/")[2])
        except (Refused, OSError):
            self.remove(fresh)
            raise

    def remove(self, path: str) -> bool:
        """Remove a file (a link itself, not what it names); False when there is none. Raises Refused and OSError."""
        try:
            above, _, name = path.rpartition("/")
            folder = self._own(f"{above}/x")[0] if above else self._folder("")
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return False
        return True

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder; False when it is not there or not empty. Raises Refused."""
        try:
            folder, name = self._own(path)
            os.rmdir(name, dir_fd=folder)
        except OSError:
            return False
        held = self._folders.pop(path, None)
        if held is not None:
            os.close(held)
        return True


def _parts(path: str) -> list[str] | None:
    """The parts of a relative path, last one first; None for a path that is none."""
    if path.startswith("/") or "\0" in path:
        return None
    return [p for p in reversed(path.split("/")) if p not in ("", ".")]


def _there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _content(opened: int, size: int, most: int) -> bytes:
    """What a file of this size holds; one that grows meanwhile is read to `most` bytes."""
    data = os.read(opened, size + 1)
    if len(data) == size:
        return data
    pieces = [data]
    while piece := os.read(opened, 65536):
        pieces.append(piece)
        if sum(map(len, pieces)) > most:
            raise Refused(f"the file grew over {most:,} bytes while it was read", "run again")
    return b"".join(pieces)


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER


def _kind_of(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.LINK
    if entry.is_dir(follow_symlinks=False):
        return Kind.FOLDER
    return Kind.FILE if entry.is_file(follow_symlinks=False) else Kind.OTHER

"""A folder by its descriptor: what lies below it is reached one name at a time, and no link leads out.

What a checkout holds is a stranger's. A path is therefore never handed to the system whole: each folder on the way is
opened from the one above it without following links, and a link is followed by hand, as far as it stays below the root.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from batten.files.folders import Folders, Refused, parts_of

LARGEST = 32 * 1024 * 1024  # bytes; no configuration file written by people comes near
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Kind(Enum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"  # a pipe, a socket or a device
    NONE = "none"


class Root:
    """Everything below one folder, by paths relative to it ("/" between parts, "" for the folder itself). `mode` is that
    of folders that are made on the way to a new file."""

    def __init__(self, path: Path | str, mode: int = 0o755) -> None:
        self._folders = Folders(path)
        self.path = self._folders.path
        self._mode = mode

    def close(self) -> None:
        """Let go of the folders held open; they are opened again when they are needed."""
        self._folders.close()

    def real(self, path: str, last: bool = True) -> str | None:
        """The path with every link in it replaced by what it names; None when one leads out of the root, or in a circle.

        Parts that are not there stay as they are. With `last` false, a link in the last place stays, too.
        """
        return self._folders.real(path, last)

    def status(self, path: str) -> os.stat_result:
        """lstat(2) of what the path names, links followed within the root. Raises Refused and OSError."""
        return self._folders.at(path)[2]

    def kind(self, path: str) -> Kind:
        """What the path names, links followed within the root."""
        try:
            mode = self.status(path).st_mode
            if stat.S_ISREG(mode):
                return Kind.FILE
            if stat.S_ISDIR(mode):
                return Kind.FOLDER
            return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER
        except (Refused, OSError, ValueError):
            return Kind.NONE

    def exists(self, path: str) -> bool:
        """Whether the path names anything at all, links followed within the root."""
        return self.kind(path) is not Kind.NONE

    def is_link(self, path: str) -> bool:
        """Whether the last part of the path is a symbolic link."""
        try:
            above, _, name = path.rpartition("/")
            folder = self._folders.nearest(self._folders.inside(above))
            return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        except (Refused, OSError, ValueError):
            return False

    def entries(self, folder: str) -> list[tuple[str, Kind]]:
        """The names in a folder, and what each is. Raises Refused and OSError."""
        straight = self._folders.straight(folder)
        opened = straight if straight is not None else self._folders.nearest(self._folders.inside(folder))
        with os.scandir(opened) as found:
            return [(entry.name, _kind_of(entry)) for entry in found]

    def read(self, path: str, most: int = LARGEST) -> bytes:
        """A regular file's bytes. Raises Refused, and OSError when it is not there or not ours to read."""
        folder, name, status = self._folders.at(path)
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
            # What a file of this size holds; one that grows meanwhile is read to `most` bytes.
            data = os.read(opened, status.st_size + 1)
            if len(data) == status.st_size:
                return data
            pieces = [data]
            while piece := os.read(opened, 65536):
                pieces.append(piece)
                if sum(map(len, pieces)) > most:
                    raise Refused(f"the file grew over {most:,} bytes while it was read", "run again")
            return b"".join(pieces)
        finally:
            os.close(opened)

    def opened(self, path: str) -> int:
        """A descriptor of a regular file, for one that is too large to be read at once. Raises Refused and OSError."""
        folder, name, status = self._folders.at(path)
        if not stat.S_ISREG(status.st_mode):
            raise Refused("this is not a regular file", "name a file")
        return os.open(name, _FILE, dir_fd=folder)

    def stream(self, path: str) -> BinaryIO:
        """A regular file of any size, to be read piece by piece and closed. Raises Refused and OSError."""
        folder, name, status = self._folders.at(path)
        opened = os.open(name, _FILE, dir_fd=folder) if stat.S_ISREG(status.st_mode) else -1
        if opened < 0 or not stat.S_ISREG(os.fstat(opened).st_mode):
            if opened >= 0:
                os.close(opened)
            raise Refused("this is not a regular file", "replace it by a regular file")
        return os.fdopen(opened, "rb")

    # Writing: no link is followed at all, not even one that stays below the root.

    def _own(self, path: str, make: bool = False) -> tuple[int, str]:
        """The folder that holds the path, and its name there; every part must be what it seems. Raises Refused and OSError."""
        parts = parts_of(path)
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
        return self._folders.nearest(above), name

    def _made(self, folder: str) -> None:
        done = ""
        for part in folder.split("/"):
            with suppress(FileExistsError):
                os.mkdir(part, self._mode, dir_fd=self._folders.nearest(done))
            done = f"{done}/{part}" if done else part

    def open_folder(self, path: str) -> int:
        """A folder's descriptor, which stays this root's. Raises Refused and OSError."""
        return self._folders.nearest(self._folders.inside(path))

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
            folder = self._own(f"{above}/x")[0] if above else self._folders.folder("")
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
        self._folders.forget(path)
        return True


def _there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _kind_of(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.LINK
    if entry.is_dir(follow_symlinks=False):
        return Kind.FOLDER
    return Kind.FILE if entry.is_file(follow_symlinks=False) else Kind.OTHER

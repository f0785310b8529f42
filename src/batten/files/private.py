"""Large files for this user's eyes, written and read piece by piece: backups."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from batten.files.folders import Refused

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def new_private_file(path: Path) -> Iterator[BinaryIO]:
    """A file of this user's that gets its name when the block has ended well and all is on the disk; never in the place of
    another. Raises FileExistsError and OSError."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "it exists already", str(path))
    fresh = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    with os.fdopen(os.open(fresh, _NEW, 0o600), "wb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            try:
                os.link(fresh, path, follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                    raise
                os.rename(fresh, path)  # a file system without hard links
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(fresh)


@contextmanager
def read_private_file(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A file and its size in bytes. Raises Refused for what is not a regular file, and OSError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{path} is not a regular file", "name a file")
        yield file, status.st_size


@contextmanager
def growing_file(path: Path) -> Iterator[BinaryIO]:
    """A file of this user's that is written to at its end, also where an earlier run left it. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "r+b") as file:
        file.seek(0, os.SEEK_END)
        yield file


def remove_private_file(path: Path) -> None:
    """Remove a file of this user's, if it is there. Raises OSError."""
    path.unlink(missing_ok=True)


def stands(path: Path) -> bool:
    """Whether there is a folder of this name."""
    return path.is_dir()

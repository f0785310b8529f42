"""Unix sockets that the user names: put in place, and removed again."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from batten.files.folders import Refused


def bind_unix(path: Path, mode: int) -> socket.socket:
    """A unix socket at `path`. One that no process serves any more is replaced. Raises Refused and OSError."""
    _remove_stale(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)  # there is no moment in which others can connect
    try:
        made.bind(str(path))
        os.chmod(path, mode)
    except BaseException:
        made.close()
        raise
    finally:
        os.umask(before)
    return made


def remove_unix(path: Path, made: tuple[int, int]) -> None:
    """Remove a socket, if it is still the one with this device and inode."""
    try:
        if identity(path) == made:
            os.unlink(path)
    except OSError:
        return


def identity(path: Path) -> tuple[int, int]:
    """Device and inode. Raises OSError."""
    seen = os.lstat(path)
    return seen.st_dev, seen.st_ino


def is_socket(path: Path) -> bool | None:
    """None where nothing is there. Raises OSError."""
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def _remove_stale(path: Path) -> None:
    try:
        seen = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(seen.st_mode):
        raise Refused(f"{path} exists and is not a socket", "choose another path, or remove the file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asks:
        asks.setblocking(False)
        try:
            asks.connect(str(path))
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except BlockingIOError:
            pass  # its queue is full: it is served
    raise Refused(f"another process listens on {path}", "stop it, or choose another path")

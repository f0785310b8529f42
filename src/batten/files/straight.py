"""Files by paths of which each part must be what it seems: where a path was judged, no link may lead elsewhere a moment later."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from batten.files.folders import Refused

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def read_straight(path: Path, most: int) -> bytes:
    """The bytes of a regular file whose absolute path holds no link. Raises Refused and OSError."""
    folder = os.open("/", _FOLDER)
    try:
        for part in path.parts[1:-1]:
            below = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        opened = os.open(path.name, _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise Refused("this is not a regular file", "name a file")
        data = file.read(most + 1)
    if len(data) > most:
        raise Refused(f"the file has more than {most:,} bytes", "name another one")
    return data

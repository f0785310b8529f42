"""Files that the user names on the command line: reports to write, baselines and contracts to read.

The name is the user's word, what stands at it may be a stranger's: a checkout can bring `report.sarif` as a link to
somebody's start-up file. So a name within a checkout is reached without leaving it, and written without following links.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from batten.files.folders import Refused
from batten.files.root import LARGEST, Root


def read_named(path: Path, root: str = "") -> bytes:
    """The content of a file; `root` is the folder under review. Raises Refused and OSError."""
    checkout, inside = _within(path, root)
    if checkout is None:
        return _plain(path)
    return Root(checkout).read(inside)


def open_named(path: Path) -> BinaryIO:
    """A file of any size, to be read in pieces; outside a checkout also a pipe. Raises Refused and OSError."""
    checkout, inside = _within(path)
    return path.open("rb") if checkout is None else os.fdopen(Root(checkout).opened(inside), "rb")


def write_named(path: Path, data: bytes, root: str = "", over: bool = True) -> None:
    """Put a file in place whole; with `over` false, never in the place of another. Pipes and devices are written to.
    Raises FileExistsError, Refused and OSError."""
    checkout, inside = _within(path, root)
    if checkout is None and _is_stream(path):
        with path.open("wb") as stream:
            stream.write(data)
        return
    if checkout is None:
        real = Path(os.path.realpath(path))
        checkout, inside = str(real.parent), real.name
        os.makedirs(checkout, exist_ok=True)
    files = Root(checkout)
    if above := inside.rpartition("/")[0]:
        files.make_folder(above)
    status = files.writable(inside)
    if status is not None and not over:
        raise FileExistsError(errno.EEXIST, "it exists already", str(path))
    files.replace(inside, data, stat.S_IMODE(status.st_mode) if status is not None else 0o644)


def write_folder(folder: Path, files: dict[str, bytes], force: bool) -> list[Path]:
    """Write files into a folder that is new or empty, or with `force` over others. Raises Refused and OSError."""
    checkout, inside = _within(folder)
    if checkout is None:
        real = os.path.realpath(folder)
        os.makedirs(real, exist_ok=True)
        checkout, inside = real, ""
    root = Root(checkout)
    if inside:
        root.make_folder(inside)
    if root.entries(inside) and not force:
        raise Refused(f"{folder} is not empty", "choose another folder, or pass --force")
    for name, data in files.items():
        path = f"{inside}/{name}" if inside else name
        root.writable(path)
        root.replace(path, data)
    return [folder / name for name in files]


def made_folder(folder: Path) -> Path:
    """The real path of a folder that the user named, made unless it is there. Raises Refused and OSError."""
    checkout, inside = _within(folder)
    if checkout is None:
        real = os.path.realpath(folder)
        os.makedirs(real, exist_ok=True)
        return Path(real)
    if inside:
        Root(checkout).make_folder(inside)
    return Path(checkout, inside)


def open_log(path: str) -> int:
    """A descriptor that adds to the end of a log which the user named. Raises OSError."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def own_file(path: Path) -> None:
    """Make a file of this user's, for this user's eyes, unless it is there; its folder, too. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def listed(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder of this system whose names fit a glob, sorted."""
    return sorted(folder.glob(pattern))


def make_folders(path: Path) -> None:
    """The folder and those above it, unless they are there. Raises OSError."""
    os.makedirs(path, exist_ok=True)


def remove_named(path: Path) -> None:
    """Remove a file if it is there; a link goes itself, what it names stays. Raises Refused and OSError."""
    checkout, inside = _within(path)
    if checkout is None:
        checkout, inside = os.path.realpath(path.absolute().parent), path.name
    Root(checkout).remove(inside)


def checkout_of(folder: Path) -> Path:
    """The nearest folder at or above that holds a repository; the folder itself when none does."""
    here = Path(os.path.abspath(folder))
    return next((p for p in (here, *here.parents) if os.path.lexists(p / ".git")), here)


def _within(path: Path, root: str = "") -> tuple[str | None, str]:
    """What a stranger may have laid out around a name, and the path below it: the folder under review, the checkout that
    batten runs in, or the repository that the name lies in; None for a name outside of them all."""
    absolute = Path(os.path.abspath(path))
    around = [checkout_of(Path.cwd()), checkout_of(absolute.parent)]
    around = [p for p in around if p == around[0] or os.path.lexists(p / ".git")]
    around += [Path(root)] if root else []
    holding = [p for p in around if absolute.is_relative_to(p) and len(p.parts) > 1]
    if not holding:
        return None, ""
    top = min(holding, key=lambda p: len(p.parts))
    below = absolute.relative_to(top).as_posix()
    return os.path.realpath(top), "" if below == "." else below


def _plain(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Refused(f"the file has more than {LARGEST:,} bytes", "name another one")
    return data


def _is_stream(path: Path) -> bool:
    """Whether the name is a pipe or a device, such as /dev/stdout."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)

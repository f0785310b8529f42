"""A stranger's tree of files, laid out in an empty folder of ours."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from batten.files.folders import LONGEST

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LONGEST_NAME = 255  # bytes; Linux takes no longer one


def is_inside(path: str) -> bool:
    """Whether a path names something below the folder, and nothing that git would take for a repository's own."""
    parts = path.split("/")
    return (
        "\0" not in path
        and len(os.fsencode(path)) < LONGEST
        and all(part not in ("", ".", "..") and len(os.fsencode(part)) <= _LONGEST_NAME for part in parts)
        and not any(part.lower().rstrip(". ") == ".git" for part in parts)
    )


def lay_out(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into the folder, which only we can enter; every path `is_inside`. Of two that cannot both be there, as a file
    and a folder of one name, the first stays. No link is there yet, so none is followed. Raises OSError."""
    made = {""}
    for path, data in files:
        above = posixpath.dirname(path)
        with suppress(FileExistsError, NotADirectoryError):
            if above not in made:
                os.makedirs(folder / above, mode=0o700, exist_ok=True)
                made.add(above)
            opened = os.open(folder / path, _NEW, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(data)


def link(folder: Path, links: Iterable[tuple[str, str]]) -> None:
    """Make the symbolic links of the tree, after its files: those that name something below the folder. Raises OSError."""
    for path, target in links:
        # Whether a link names something below the folder, whatever other links are on the way: it goes up at its
        # start alone.
        where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        down = target.lstrip("./").split("/")
        stays = (
            target != ""
            and "\0" not in target
            and not target.startswith("/")
            and where != ".."
            and not where.startswith("../")
            and ".." not in down
        )
        if not stays:
            continue
        above = posixpath.dirname(path)
        with suppress(FileExistsError, NotADirectoryError):
            # Whether no link made before is on the way to a folder.
            parts = [part for part in above.split("/") if part]
            is_plain = not any(os.path.islink(folder.joinpath(*parts[: n + 1])) for n in range(len(parts)))
            if not is_plain:
                continue
            os.makedirs(folder / above, mode=0o700, exist_ok=True)
            os.symlink(target, folder / path)


def remove(folder: Path) -> None:
    """Remove a folder of ours with all that is in it, if it is there. Raises OSError."""
    if os.path.lexists(folder):
        shutil.rmtree(folder)


def replace(folder: Path, other: Path) -> None:
    """Put a folder of ours in the place of another. Raises OSError."""
    remove(other)
    os.rename(folder, other)


def has_links(folder: Path) -> bool:
    """Whether anything in a folder, or the folder itself, is a symbolic link."""
    return folder.is_symlink() or any(
        os.path.islink(os.path.join(above, name))
        for above, folders, names in os.walk(folder)
        for name in (*folders, *names)
    )


def size(folder: Path) -> int:
    """Bytes of all files below a folder of ours; 0 where it is not there."""
    return sum(
        os.lstat(os.path.join(above, name)).st_size
        for above, _, names in os.walk(folder)
        for name in names
        if os.path.lexists(os.path.join(above, name))
    )

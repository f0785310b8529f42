"""What every kind of cell needs: folders for an order, its files laid out, its process started."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batten.cell.order import COPY, ROOM, Order
from batten.model.record import record


@record
class Place:
    """Folders of this machine for one order, gone when it is done."""

    copy: Path
    room: Path


@record
class Unable:
    """This kind of cell cannot be had here."""

    reason: str


@record
class Started:
    """A program that runs, and the descriptor on which its cell tells whether it could be made (-1: it tells nothing)."""

    process: subprocess.Popen[bytes]
    status: int
    moved: bool  # whether COPY and ROOM are called otherwise there


class NoRoom(Exception):
    """This machine has no folder for temporary files that can be written."""


@contextmanager
def place_for() -> Iterator[Place]:
    """Folders that only this user can enter. Raises NoRoom."""
    try:
        made = tempfile.TemporaryDirectory(prefix="batten-cell-", ignore_cleanup_errors=True)
    except OSError as error:
        raise NoRoom from error
    with made as folder:
        place = Place(Path(folder, "copy"), Path(folder, "room"))
        place.copy.mkdir()
        place.room.mkdir()
        yield place


def lay_out(order: Order, place: Place, *, moved: bool) -> None:
    """The order's files below the copy. Raises ValueError for a name that leads out of it."""
    for name, text in order.files.items():
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or "\0" in name:
            raise ValueError(f"{name!r} is not a file name below the copy")
        file = place.copy.joinpath(*parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(outward(text, place) if moved else text)


def outward(text: bytes, place: Place) -> bytes:
    """A text that speaks of COPY and ROOM, with the folders of this machine."""
    for path, name in ((place.copy, COPY), (place.room, ROOM)):
        text = text.replace(name.encode(), os.fsencode(path))
    return text


def inward(text: bytes, place: Place) -> bytes:
    """What a program printed, with COPY and ROOM again."""
    for path, name in ((place.copy, COPY), (place.room, ROOM)):
        text = text.replace(os.fsencode(path), name.encode())
    return text


def environment(order: Order) -> dict[str, str]:
    """All that the program learns of its surroundings."""
    return {"PATH": "", "LANG": "C", "HOME": ROOM, **order.environment}


def filled(content: bytes) -> int:
    """A descriptor from which these bytes are read: at most a pipe's 64 KiB."""
    read, write = os.pipe()
    os.write(write, content)
    os.close(write)
    return read


def start(
    command: list[str],
    order: Order,
    log: int | None,
    passed: tuple[int, ...] = (),
    inside: dict[str, str] | None = None,
    folder: str = "/",
) -> subprocess.Popen[bytes]:
    """A process in a session of its own, that is handed nothing but some descriptors. Raises OSError."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE if order.given else subprocess.DEVNULL,
        stdout=subprocess.PIPE if log is None else log,
        stderr=subprocess.PIPE if log is None else log,
        cwd=folder,
        env=inside or {},
        pass_fds=passed,
        start_new_session=True,
        bufsize=0,
    )

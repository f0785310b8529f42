"""What passes between us and a program: bytes in, bounded bytes out, within a time."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from batten.cell.order import Bounds
from batten.model.record import record

_PIECE = 1 << 16
_LOOK = 0.1  # seconds between two looks at what was written
_MOST_FILES = 10_000


@record
class Said:
    """All that a process said; `stopped` is why it was ended before it ended itself."""

    code: int
    out: bytes
    err: bytes
    stopped: str = ""
    answered: bool = False  # it printed what was waited for


def talk(process: subprocess.Popen[bytes], given: bytes, until: bytes, bounds: Bounds, room: Path) -> Said:
    """Feed and read a process until it ends, oversteps, or has printed `until`. It is dead afterwards."""
    end = time.monotonic() + bounds.seconds
    heard: dict[int, bytearray] = {}
    stopped = ""
    answered = False
    with selectors.DefaultSelector() as chosen:
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            heard[stream.fileno()] = bytearray()
            chosen.register(stream.fileno(), selectors.EVENT_READ)
        if process.stdin is not None:
            if not given:
                process.stdin.close()
            else:
                os.set_blocking(process.stdin.fileno(), False)
                chosen.register(process.stdin.fileno(), selectors.EVENT_WRITE)
        left = memoryview(given)
        while not (stopped or answered) and any(k.fd in heard for k in chosen.get_map().values()):
            for key, _ in chosen.select(_LOOK):
                if key.fd in heard:
                    stopped = stopped or _read(key.fd, heard[key.fd], chosen, bounds)
                    answered = bool(until) and any(until in kept for kept in heard.values())
                else:
                    left = _written(process, chosen, left)
            if not stopped and not answered:
                stopped = _overstepped(end, bounds, room)
    if stopped or answered:
        kill(process)
    code, late = _ended(process, end, bounds, room)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    stopped = stopped or late
    out, err = (bytes(kept[: bounds.output]) for kept in heard.values())
    return Said(code, out, err, stopped, answered)


def _written(
    process: subprocess.Popen[bytes], chosen: selectors.BaseSelector, left: memoryview
) -> memoryview:
    """What is still to be given; a program that reads no more has heard enough."""
    assert process.stdin is not None
    try:
        left = left[os.write(process.stdin.fileno(), left[:_PIECE]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        left = left[:0]
    if not left:
        chosen.unregister(process.stdin.fileno())
        with suppress(BrokenPipeError):
            process.stdin.close()
    return left


def _read(descriptor: int, kept: bytearray, chosen: selectors.BaseSelector, bounds: Bounds) -> str:
    try:
        piece = os.read(descriptor, _PIECE)
    except BlockingIOError:
        return ""
    if not piece:
        chosen.unregister(descriptor)
    kept += piece
    return f"it printed more than {bounds.output >> 10} KiB" if len(kept) > bounds.output else ""


def _overstepped(end: float, bounds: Bounds, room: Path) -> str:
    if time.monotonic() >= end:
        return f"it did not finish within {bounds.seconds:g} s"
    return f"it wrote more than {bounds.room >> 10} KiB" if _size(room) > bounds.room else ""


def _size(folder: Path) -> int:
    """Bytes below a folder of this machine; a folder within the cell alone stays empty here."""
    total, files = 0, 0
    waiting = [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                files += 1
                if files > _MOST_FILES:
                    return 1 << 62
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _ended(process: subprocess.Popen[bytes], end: float, bounds: Bounds, room: Path) -> tuple[int, str]:
    """Its exit code, and why it was ended if it closed its outputs and went on."""
    late = ""
    while True:
        try:
            return process.wait(_LOOK), late
        except subprocess.TimeoutExpired:
            late = late or _overstepped(end, bounds, room)
            if late:
                kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it and whatever it started: it leads a session of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()

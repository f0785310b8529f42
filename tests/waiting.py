"""Waiting for conditions, with one bound that load does not reach. Nothing else in tests sleeps (test_waiting.py)."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from socket import create_connection
from typing import NoReturn, TypeVar

T = TypeVar("T")

BOUND = 300.0  # seconds: what has not come until then does not come
_STEP = 0.02


def until(comes: Callable[[], T], what: str) -> T:
    """What `comes` returns, once that is true. Fails, and says what was waited for, when it does not come."""
    end = time.monotonic() + BOUND
    while not (found := comes()):
        assert time.monotonic() < end, f"after {BOUND:.0f} s, still not: {what}"
        time.sleep(_STEP)
    return found


async def come(comes: Callable[[], object], what: str) -> None:
    """`until`, for what runs in the loop that waits."""
    end = time.monotonic() + BOUND
    while not comes():
        assert time.monotonic() < end, f"after {BOUND:.0f} s, still not: {what}"
        await asyncio.sleep(_STEP)


def answering(question: Callable[[], T], *refusals: type[Exception]) -> T:
    """What the question returns, once it raises none of these. The last of them is raised when it does not stop."""
    end = time.monotonic() + BOUND
    while True:
        try:
            return question()
        except refusals:
            if time.monotonic() > end:
                raise
            time.sleep(_STEP)


def listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the port takes connections. Fails with the server's log when its process ends before."""
    until(
        lambda: not _ended(process, log) and _takes_connections(port),
        f"{process.args!r} listens on port {port}",
    )


def _takes_connections(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), BOUND).close()
    except OSError:
        return False
    return True


def _ended(process: subprocess.Popen[bytes], log: Path) -> bool:
    said = log.read_text("utf-8", "replace") if process.poll() is not None and log.exists() else ""
    assert process.returncode is None, f"{process.args!r} ended with {process.returncode}: {said}"
    return False


async def forever() -> NoReturn:
    """What a server does that never answers: only its peer's deadline, or the end of the loop, ends this."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")

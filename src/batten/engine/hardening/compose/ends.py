"""A block whose end must not be cut short: what was started is taken down first."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDS = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def ended_late() -> Iterator[None]:
    """The first signal that asks the process to end leaves the block, as an exception; those that follow are not heard
    until its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = [getattr(signal, name) for name in ENDS if hasattr(signal, name)]
    before = {kind: signal.signal(kind, _leave) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    for name in ENDS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)

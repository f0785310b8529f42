"""How long a child may go on without a word of its parent: as long as the parent has proved that the work is still its own.

A parent that hangs (stopped, swapped out, its database away) cannot end its child, and somebody else takes the work over. So the
child has a timer of the kernel's, which the parent's word moves on (`ITIMER_REAL`, setitimer(2)): it ends the process even where
that was stopped as well, before it runs another instruction. A monotonic clock is one for all processes of a machine.
"""

from __future__ import annotations

import os
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

Until = Callable[[], float]  # a monotonic time, in seconds

_UNTIL: ContextVar[Until | None] = ContextVar("until", default=None)
_WORD = struct.Struct("d")
_LEAST = 0.000_001  # seconds; a timer of 0 never ends


@contextmanager
def proved(until: Until) -> Iterator[None]:
    """A child that is started in the block ends at that time, which moves on as the caller proves more."""
    token = _UNTIL.set(until)
    try:
        yield
    finally:
        _UNTIL.reset(token)


class Leash:
    """A parent's end: the child learns to when the work is proved. Without a bound there is no leash, and `child` is -1."""

    def __init__(self) -> None:
        self._until = _UNTIL.get()
        self._said = 0.0
        self.child, self._own = os.pipe() if self._until is not None else (-1, -1)
        if self._until is not None:
            os.set_blocking(self._own, False)
            self.hold()

    def hold(self) -> None:
        """Say what is proved by now, if that is news."""
        until = self._until() if self._until is not None else 0.0
        if until != self._said:
            with suppress(BlockingIOError, BrokenPipeError):
                os.write(self._own, _WORD.pack(until))
                self._said = until

    def close(self) -> None:
        for descriptor in (self.child, self._own):
            if descriptor >= 0:
                os.close(descriptor)


def follow(descriptor: int) -> None:
    """In the child: end when the parent's word runs out. -1: it may go on."""
    if descriptor >= 0:
        _obey(descriptor)
        threading.Thread(target=_listen, args=(descriptor,), daemon=True).start()


def _listen(descriptor: int) -> None:
    while _obey(descriptor):
        pass


def _obey(descriptor: int) -> bool:
    word = os.read(descriptor, _WORD.size)
    if len(word) != _WORD.size:  # the parent is gone
        return False
    (until,) = _WORD.unpack(word)
    signal.setitimer(signal.ITIMER_REAL, max(until - time.monotonic(), _LEAST))
    return True

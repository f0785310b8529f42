"""How long a process may go on without a word of its caller: as long as the caller has proved that the work is still its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Until = Callable[[], float]  # a monotonic time, in seconds

_UNTIL: ContextVar[Until | None] = ContextVar("until", default=None)


@contextmanager
def proved(until: Until) -> Iterator[None]:
    """A child that is started in the block ends at that time, which moves on as the caller proves more (`child.py`)."""
    token = _UNTIL.set(until)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def until() -> Until | None:
    """To when the work is proved to be the caller's; None where nothing bounds it."""
    return _UNTIL.get()

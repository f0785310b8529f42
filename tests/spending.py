"""Processor time: what load does not change much, and a loop that grows by the square changes a hundredfold."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What the block does takes this process less processor time. Bounds have room: three times what is usual, or more."""
    before = time.process_time()
    yield
    spent = time.process_time() - before
    assert spent < seconds, f"{spent:.2f} s of processor time, where {seconds} s are allowed"


@contextmanager
def children_at_most(seconds: float) -> Iterator[None]:
    """The same of the processes that end within the block."""
    before = _of_children()
    yield
    spent = _of_children() - before
    assert spent < seconds, f"{spent:.2f} s of processor time, where {seconds} s are allowed"


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

"""The user's word that the files at hand may be given to programs without a cell (`--trust`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_GIVEN = ContextVar("trust", default=False)


def is_given() -> bool:
    """Whether programs may run without a cell."""
    return _GIVEN.get()


@contextmanager
def trusting(files: bool) -> Iterator[None]:
    """The user's word, for as long as the block lasts."""
    token = _GIVEN.set(files)
    try:
        yield
    finally:
        _GIVEN.reset(token)

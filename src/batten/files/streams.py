"""What becomes of stdout and stderr that cannot be written."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def abandon() -> None:
    """Discard what stdout and stderr do not take: what is left in a buffer would fail again when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        if not _flushed(stream):
            nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.dup2(nothing, stream.fileno())
            finally:
                os.close(nothing)


def _flushed(stream: TextIO | None) -> bool:
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        return False
    return True

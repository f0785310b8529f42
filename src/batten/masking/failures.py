"""What may be told of an error of batten's own: its kind and its place, never the values that it names."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from batten.masking.filter import masked


def failure(error: BaseException) -> str:
    """`KeyError in nginx/tree.py:123`."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "batten" in PurePath(f.filename).parts] or list(frames)
    if not own:
        return type(error).__name__
    parts = PurePath(own[-1].filename).parts
    return f"{type(error).__name__} in {'/'.join(parts[-2:])}:{own[-1].lineno}"


def trace(error: BaseException) -> str:
    """The whole traceback for whoever mends batten, masked."""
    return masked("".join(traceback.format_exception(error)))

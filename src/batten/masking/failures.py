"""What may be told of an error of batten's own: its kind and its place, never the values that it names."""

from __future__ import annotations

from pathlib import PurePath


def failure(error: BaseException) -> str:
    """`KeyError in nginx/tree.py:123`: the innermost of batten's own lines."""
    place, at = "", error.__traceback__
    while at is not None:
        parts = PurePath(at.tb_frame.f_code.co_filename).parts
        if "batten" in parts or not place:
            place = f"{'/'.join(parts[-2:])}:{at.tb_lineno}"
        at = at.tb_next
    return f"{type(error).__name__} in {place}" if place else type(error).__name__

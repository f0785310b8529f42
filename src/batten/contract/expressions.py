"""Patterns as the engine that judges them reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import jsonschema_rs

from batten.patterns.ecma import Foreign, rust, uncounted

LINEAR = jsonschema_rs.RegexOptions()


class Linear(NamedTuple):
    """A pattern for the validators' engine, and what beside it holds of a text's length in characters."""

    pattern: str
    least: int = 0
    most: int | None = None


@lru_cache(maxsize=4_096)
def linear(pattern: str, counts: bool) -> Linear:
    """What the validators' linear engine has compiled once. Raises Foreign. `counts` is where lengths can be told
    beside it."""
    try:
        made = rust(pattern)
    except RecursionError:
        raise Foreign("groups nested too deeply") from None
    lengths = uncounted(made) if counts else None
    found = Linear(*lengths) if lengths is not None else Linear(made)
    try:
        jsonschema_rs.Draft202012Validator({"pattern": found.pattern}, pattern_options=LINEAR, offline=True)
    except ValueError:
        raise Foreign("an invalid expression, or one that is too large for the linear engine") from None
    return found

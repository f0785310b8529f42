"""Patterns as the engine that judges them reads them."""

from __future__ import annotations

from functools import lru_cache

import jsonschema_rs

from batten.patterns.ecma import Foreign, rust

LINEAR = jsonschema_rs.RegexOptions()


@lru_cache(maxsize=4_096)
def linear(pattern: str) -> str:
    """The pattern for the validators' linear engine, which has compiled it once. Raises Foreign."""
    try:
        made = rust(pattern)
    except RecursionError:
        raise Foreign("groups nested too deeply") from None
    try:
        jsonschema_rs.Draft202012Validator({"pattern": made}, pattern_options=LINEAR, offline=True)
    except ValueError:
        raise Foreign("an invalid expression, or one that is too large for the linear engine") from None
    return made

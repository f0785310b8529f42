"""What a language makes of a program: the steps of the build stage, and what the last stage is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.model.record import record

PLACE = "/app"  # of the application, in both stages
# The first date that every archive can hold: ZIP begins in 1980, and Maven refuses its first seconds. With one, Python's bytecode has
# hashes of its sources in the place of times (https://docs.python.org/3/library/py_compile.html).
EPOCH = 318211200


@record(kw_only=True)
class Recipe:
    """`installing` are instructions that need the lock file alone, `building` those behind the copy of the sources.
    `carried` are paths that the last stage gets, `start` and `healthy` commands there. `secret` is where the build expects
    the registry's credentials."""

    installing: tuple[str, ...] = ()
    building: tuple[str, ...] = ()
    carried: tuple[str, ...]
    start: tuple[str, ...]
    healthy: tuple[str, ...]
    building_with: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    notes: tuple[str, ...] = ()

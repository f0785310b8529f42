"""What a change touched, and the review of it: records that need no git."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.engine.review import Review
from batten.model import Finding
from batten.model.record import record


@record
class Changes:
    """Files below the root that are not as they were: their former texts, those that were not there, and the former name of
    each that was renamed. `concealed` are tracked files in folders that are not read, and that were read before."""

    paths: frozenset[str]
    former: dict[str, str]
    added: frozenset[str]
    moved: Mapping[str, str]
    concealed: frozenset[str] = frozenset()


@record
class Changed:
    """A review that holds only what a change made. `stood` is how many findings (causes) counted before it, None where
    all are told; `every` holds what
    the review would have without one."""

    review: Review
    changes: Changes
    stood: int | None
    every: list[Finding] = field(default_factory=list)

"""What an export is made from, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping

from batten.model.record import record

MOST_BODY = 1_048_576


class ExportProblem(Exception):
    """Nothing can be exported from this: the sentence says why, and what to do."""


@record
class Supervised:
    """An engine that batten itself starts: `log` gets a JSON object a line, and `control` is a socket for its statistics."""

    workers: int
    log: str
    control: str
    any_host: bool = False  # no host names are known


@record
class Export:
    """Texts by file name; `notes` say what is not enforced there, each with its operation."""

    files: Mapping[str, str]
    notes: tuple[str, ...]

"""A history file as another program takes it over: its runs, and the lives of findings, as somebody wrote them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from batten.engine.history.database import HistoryProblem
from batten.formats.databases import BadDatabase, Table, rows_of, version_of
from batten.model import Severity
from batten.model.record import record

_VERSIONS = (2, 3)  # the first had no identity of findings
_LONGEST = 5_000  # characters of a text
_RUN = Table(name="run", columns=("id", "started", "version", "problems"), order="id")
_LIFE = Table(
    name="life",
    columns=("id", "opened", "closed", "severity", "fingerprint", "kin", "control", "case", "message", "source", "pointer", "line", "environment"),
    order="id",
)  # fmt: skip


@record(kw_only=True)
class FormerRun:
    """`at` is in milliseconds since 1970."""

    id: int
    at: int
    version: str
    problems: int


@record(kw_only=True)
class FormerLife:
    """One time that a finding was open, from the run that first saw it to the one that no longer did (None: it stands)."""

    opened: int
    closed: int | None
    severity: Severity
    fingerprint: str
    kin: str
    control: str
    case: str
    message: str
    source: str
    pointer: str
    line: int
    environment: str


@record
class FormerHistory:
    """In the order in which they were written. `unknown` counts lives of version 1, which have no identity."""

    runs: tuple[FormerRun, ...]
    lives: tuple[FormerLife, ...]
    unknown: int


def former_history(data: bytes) -> FormerHistory:
    """What a history file holds. Raises HistoryProblem."""
    try:
        version = version_of(data)
        if version not in _VERSIONS:
            raise HistoryProblem(f"its format is {version}; run `batten check` with this version on it first")
        runs, lives = rows_of(data, _RUN, _LIFE)
    except BadDatabase as error:
        raise HistoryProblem(f"it is not a history of batten: {error}") from error
    known = {row[0]: _run(row) for row in runs}
    made = [_life(row) for row in lives if row[5]]
    if any(one.opened not in known or one.closed not in {*known, None} for one in made):
        raise HistoryProblem("it names runs that it does not hold")
    return FormerHistory(tuple(known.values()), tuple(made), len(lives) - len(made))


def _run(row: Sequence[object]) -> FormerRun:
    number, started, version, problems = row
    try:
        at = datetime.fromisoformat(_text(started))
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        milliseconds = int(at.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise HistoryProblem(f"'{_text(started)[:40]}' is not a time") from error
    return FormerRun(
        id=_number(number), at=milliseconds, version=_text(version)[:100], problems=_number(problems)
    )


def _life(row: Sequence[object]) -> FormerLife:
    _, opened, closed, severity, *texts, line, environment = row
    fingerprint, kin, control, case, message, source, pointer = texts
    try:
        known = Severity(_number(severity))
    except ValueError as error:
        raise HistoryProblem(f"{_number(severity)} is not a severity") from error
    return FormerLife(
        opened=_number(opened), closed=None if closed is None else _number(closed), severity=known,
        fingerprint=_text(fingerprint), kin=_text(kin), control=_text(control), case=_text(case), message=_text(message),
        source=_text(source), pointer=_text(pointer), line=_number(line), environment=_text(environment),
    )  # fmt: skip


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 31:
        raise HistoryProblem("it holds values that batten never writes")
    return value


def _text(value: object) -> str:
    """A text; paths may hold bytes that are none (`history._kept`)."""
    text = (
        os.fsdecode(value).encode("utf-8", "backslashreplace").decode() if isinstance(value, bytes) else value
    )
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise HistoryProblem("it holds values that batten never writes")
    return text

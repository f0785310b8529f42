"""What was noted: the latest runs, their counts, and the life of each finding."""

from __future__ import annotations

from pathlib import Path

from batten.engine.history.database import opened, path_of
from batten.engine.trend import MOST, Point, counts_of
from batten.model import Severity
from batten.model.record import record


@record
class Run:
    """One row of `batten history`."""

    id: int
    command: str
    started: str
    targets: str
    opened: int
    closed: int
    standing: int
    problems: int


def runs(path: Path, limit: int = 20) -> list[Run]:
    """The latest runs, newest first. Raises HistoryProblem."""
    if not path.exists():
        return []
    with opened(path) as db:
        rows = db.execute(
            "SELECT run.id, command, started, targets,"
            " (SELECT count(*) FROM life WHERE opened = run.id),"
            " (SELECT count(*) FROM life WHERE closed = run.id),"
            " (SELECT count(*) FROM life WHERE opened < run.id AND (closed IS NULL OR closed > run.id)),"
            " problems FROM run ORDER BY run.id DESC LIMIT ?",
            (limit,),
        )
        return [Run(*row) for row in rows]


def trend(path: Path) -> list[Point]:
    """The latest runs over the whole tree that assessed what the last of them did, oldest first. Raises HistoryProblem."""
    with opened(path) as db:
        rows = db.execute(
            "SELECT started, tally, problems FROM run WHERE tally != '' AND targets ="
            " (SELECT targets FROM run WHERE tally != '' ORDER BY id DESC LIMIT 1) ORDER BY id DESC LIMIT ?",
            (MOST,),
        )
        return [Point(started, counts_of(kept), problems) for started, kept, problems in rows][::-1]


@record
class Story:
    """One finding's life: when it was first seen, and when it was gone."""

    control: str
    severity: Severity
    message: str
    place: str
    environment: str
    opened: str
    closed: str  # "" while it stands
    regressed: bool


def stories(path: Path, control: str = "") -> list[Story]:
    """Every life, or those of one control, oldest first. Raises HistoryProblem."""
    if not path.exists():
        return []
    with opened(path) as db:
        rows = db.execute(
            "SELECT control, severity, message, source, line, environment, o.started, coalesce(c.started, ''), regressed"
            " FROM life JOIN run o ON o.id = opened LEFT JOIN run c ON c.id = closed"
            " WHERE ? IN ('', control) ORDER BY life.id",
            (control,),
        )
        return [
            Story(
                c,
                Severity(s),
                m,
                f"{path_of(source)}:{line}" if line else path_of(source),
                e,
                o,
                done,
                bool(again),
            )
            for c, s, m, source, line, e, o, done, again in rows
        ]

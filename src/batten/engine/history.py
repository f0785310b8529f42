"""Runs and findings over time, as deltas: a row per run, a row per finding's life, in SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from batten.engine.outcome import Past
from batten.engine.shown import source
from batten.files import NoState, Refused, Root, state_of
from batten.files.database import foreign_database, own_database
from batten.masking import masked, sentence
from batten.model import Finding, Severity, State
from batten.model.record import record

NAME = "history.db"
VARIABLE = "BATTEN_HISTORY"
FORMER = ".batten/history.db"  # where a checkout held it once
VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
  id INTEGER PRIMARY KEY, command TEXT NOT NULL, started TEXT NOT NULL, version TEXT NOT NULL,
  targets TEXT NOT NULL, problems INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS life (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, control TEXT NOT NULL, severity INTEGER NOT NULL,
  message TEXT NOT NULL, source TEXT NOT NULL, pointer TEXT NOT NULL, line INTEGER NOT NULL,
  environment TEXT NOT NULL, opened INTEGER NOT NULL REFERENCES run, closed INTEGER REFERENCES run,
  regressed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS life_open ON life (closed, fingerprint);
"""


class HistoryProblem(Exception):
    """The history cannot be used; the sentence says why."""


@record
class Scope:
    """What a run looked at, which decides what its silence means.

    `files` are those that could be read, `gone` tells of a path whether it is no longer there, and
    `environments` those that were assessed in whole. `controls_off` were not asked.
    """

    files: frozenset[str]
    environments: frozenset[str]
    root: Root
    controls_off: frozenset[str] = frozenset()
    whole: bool = True  # the whole root was walked

    def covers(self, life: Life) -> bool:
        """Whether this run would have found it again."""
        if life.control in self.controls_off:
            return False
        if life.environment:
            return life.environment in self.environments
        if life.source in self.files:
            return True
        return self.whole and not self.root.exists(life.source) and not self.root.is_link(life.source)


@record
class Life:
    id: int
    fingerprint: str
    control: str
    severity: int
    message: str
    source: str
    pointer: str
    line: int
    environment: str


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


def history_path(root: Root, named: Path | None = None) -> Path:
    """Where the history of a root is kept: the file that --history or BATTEN_HISTORY names, else this user's state.

    Raises HistoryProblem, also for a file in the checkout: what lies there is a stranger's.
    """
    chosen = named or Path(os.environ[VARIABLE]) if named or os.environ.get(VARIABLE) else None
    if chosen is None:
        try:
            return state_of(root.path).place / NAME
        except NoState as error:
            raise HistoryProblem(
                f"{error}; or name a file with --history, or run with --no-history"
            ) from error
    real = os.path.realpath(chosen)
    if real == root.path or real.startswith(root.path.rstrip("/") + "/"):
        raise HistoryProblem(
            f"{chosen} is inside the reviewed folder, where anyone who can change the files could forge it; choose a path outside"
        )
    return Path(real)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in a transaction that takes the write lock first, so that runs follow each other."""
    try:
        with own_database(path) as db:
            _version(db, path)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("BEGIN IMMEDIATE")
            _migrate(db, path)
            yield db
            db.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        hint = "move the file away to start a new history, or run with --no-history"
        raise HistoryProblem(f"{path}: {error}; {hint}") from error


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the format. Raises HistoryProblem for one that is newer than this batten."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise HistoryProblem(
            f"{path} was written by a newer batten (its format is {version}, this version supports {VERSION}); "
            "update batten, or name another file with --history"
        )
    return version


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    if _version(db, path) < VERSION:
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={VERSION}")


_RUN = "id, command, started, version, targets, problems"
_LIFE = "id, fingerprint, control, severity, message, source, pointer, line, environment, opened, closed, regressed"
_MOST_ROWS = 200_000
_MOST_BYTES = 256 * 1024 * 1024


def import_history(root: Root, path: Path) -> int:
    """Take over what a `.batten/history.db` in the checkout holds, once, into a history that is still empty; returns how
    many runs. Nothing of it is believed but that somebody wrote these rows. Raises HistoryProblem."""
    try:
        with foreign_database(root.read(FORMER, _MOST_BYTES), ("run", "life")) as old:
            runs = old.execute(f"SELECT {_RUN} FROM run LIMIT {_MOST_ROWS}").fetchall()
            lives = old.execute(f"SELECT {_LIFE} FROM life LIMIT {_MOST_ROWS}").fetchall()
    except (sqlite3.Error, OSError, Refused) as error:
        raise HistoryProblem(f"{FORMER} cannot be imported: {error}") from error
    shapes = ("isttti", "ittittti" + "ti" + "ni")
    known = {int(s) for s in Severity}
    fit = all(_fits(row, shapes[0]) for row in runs) and all(
        _fits(row, shapes[1]) and row[3] in known for row in lives
    )
    if not fit:
        raise HistoryProblem(f"{FORMER} cannot be imported: it holds values that batten never writes")
    with _opened(path) as db:
        if db.execute("SELECT 1 FROM run LIMIT 1").fetchone():
            raise HistoryProblem(
                f"{path} holds runs already; {FORMER} is imported into an empty history only"
            )
        db.executemany(f"INSERT INTO run ({_RUN}) VALUES (?, ?, ?, ?, ?, ?)", runs)
        db.executemany(f"INSERT INTO life ({_LIFE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", lives)
    return len(runs)


def _fits(row: tuple[object, ...], shape: str) -> bool:
    """Whether a row's values are whole numbers (i), short texts (s, t), or a number or nothing (n)."""
    return all(
        (isinstance(value, int) and 0 <= value < 2**31)
        if kind == "i"
        else value is None or isinstance(value, int)
        if kind == "n"
        else isinstance(value, str) and len(value) < 5000
        for value, kind in zip(row, shape, strict=True)
    )


def note_run(
    path: Path,
    findings: Iterable[Finding],
    scope: Scope,
    started: str,
    command: str,
    version: str,
    problems: int,
) -> tuple[list[Finding], list[Past]]:
    """Note a run, without secrets; returns the findings with their states, and what earlier runs found that is fixed
    now or could not be compared. `started` is an ISO time. Raises HistoryProblem."""
    with _opened(path) as db:
        targets = ", ".join(("files", *sorted(scope.environments)))
        row = (command, started, version, targets, problems)
        run = db.execute(
            "INSERT INTO run (command, started, version, targets, problems) VALUES (?, ?, ?, ?, ?)", row
        ).lastrowid
        assert run is not None
        lives = _living(db)
        stated, left = _matched(db, run, list(findings), lives)
        return stated, list(_ended(db, run, left, scope))


def _living(db: sqlite3.Connection) -> dict[str, list[Life]]:
    rows = db.execute(
        "SELECT id, fingerprint, control, severity, message, source, pointer, line, environment"
        " FROM life WHERE closed IS NULL ORDER BY id"
    )
    lives: dict[str, list[Life]] = defaultdict(list)
    for row in rows:
        life = Life(*row)
        lives[life.fingerprint].append(replace(life, source=_path(life.source)))
    return lives


def _matched(
    db: sqlite3.Connection, run: int, findings: list[Finding], lives: dict[str, list[Life]]
) -> tuple[list[Finding], list[Life]]:
    """Each finding with its state; and the lives that no finding continues.

    A finding continues the life with its fingerprint and place. One that was in another file
    continues it only when nothing else could be meant.
    """
    stated: list[Finding | None] = [None] * len(findings)
    fresh: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        life = next((li for li in lives[finding.fingerprint] if _same_place(li, finding)), None)
        if life is None:
            fresh[finding.fingerprint].append(index)
        else:
            lives[finding.fingerprint].remove(life)
            stated[index] = replace(finding, state=State.STANDING)
    for fingerprint, indexes in fresh.items():
        left = lives[fingerprint]
        if len(indexes) == 1 and len(left) == 1 and left[0].environment == findings[indexes[0]].environment:
            moved = findings[indexes[0]]
            db.execute(
                "UPDATE life SET source = ? WHERE id = ?", (_kept(source(moved.at.source)), left.pop().id)
            )
            stated[indexes[0]] = replace(moved, state=State.STANDING)
            continue
        for index in indexes:
            stated[index] = _born(db, run, findings[index])
    return [f for f in stated if f is not None], [li for left in lives.values() for li in left]


def _kept(path: str) -> str | bytes:
    """A path as SQLite takes it: names may hold bytes that are no text."""
    raw = os.fsencode(path)
    return path if _text(path) == path else raw


def _path(kept: str | bytes) -> str:
    return os.fsdecode(kept)


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _same_place(life: Life, finding: Finding) -> bool:
    return life.source == source(finding.at.source) and life.environment == finding.environment


def _born(db: sqlite3.Connection, run: int, finding: Finding) -> Finding:
    before = db.execute(
        "SELECT 1 FROM life WHERE fingerprint = ? AND environment = ? AND closed IS NOT NULL LIMIT 1",
        (finding.fingerprint, finding.environment),
    ).fetchone()
    db.execute(
        "INSERT INTO life (fingerprint, control, severity, message, source, pointer, line, environment, opened,"
        " regressed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            finding.fingerprint,
            finding.control,
            int(finding.severity),
            _text(sentence(finding.message)),
            _kept(source(finding.at.source)),
            _text(masked(finding.at.pointer)),
            finding.region.line if finding.region else 0,
            finding.environment,
            run,
            int(before is not None),
        ),
    )
    return replace(finding, state=State.REGRESSED if before else State.NEW)


def _ended(db: sqlite3.Connection, run: int, left: list[Life], scope: Scope) -> Iterator[Past]:
    for life in left:
        covered = scope.covers(life)
        if covered:
            db.execute("UPDATE life SET closed = ? WHERE id = ?", (run, life.id))
        yield Past(
            life.control,
            Severity(life.severity),
            life.message,
            life.source,
            life.pointer,
            life.environment,
            State.FIXED if covered else State.NOT_COMPARABLE,
            life.line,
        )


def runs(path: Path, limit: int = 20) -> list[Run]:
    """The latest runs, newest first. Raises HistoryProblem."""
    if not path.exists():
        return []
    with _opened(path) as db:
        rows = db.execute(
            "SELECT run.id, command, started, targets,"
            " (SELECT count(*) FROM life WHERE opened = run.id),"
            " (SELECT count(*) FROM life WHERE closed = run.id),"
            " (SELECT count(*) FROM life WHERE opened < run.id AND (closed IS NULL OR closed > run.id)),"
            " problems FROM run ORDER BY run.id DESC LIMIT ?",
            (limit,),
        )
        return [Run(*row) for row in rows]


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
    with _opened(path) as db:
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
                f"{_path(source)}:{line}" if line else _path(source),
                e,
                o,
                done,
                bool(again),
            )
            for c, s, m, source, line, e, o, done, again in rows
        ]

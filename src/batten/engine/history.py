"""Runs and findings over time, as deltas: a row per run, a row per finding's life, in SQLite."""

from __future__ import annotations

import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from batten.engine.identity import Identity, continued, identity_of
from batten.engine.outcome import Past
from batten.engine.shown import source
from batten.engine.trend import MOST, Point, counts_of, tally
from batten.files import NoState, Refused, Root, state_of
from batten.files.database import foreign_database, own_database
from batten.masking import masked, sentence
from batten.model import Finding, Severity, State
from batten.model.record import record

NAME = "history.db"
VARIABLE = "BATTEN_HISTORY"
FORMER = ".batten/history.db"  # where a checkout held it once
VERSION = 3
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
# Version 1 had no identity but a digest of an English sentence; `kin` is "" for what it noted and nobody found since.
IDENTITY = """
ALTER TABLE life ADD COLUMN kin TEXT NOT NULL DEFAULT '';
ALTER TABLE life ADD COLUMN "case" TEXT NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS life_fingerprint ON life (fingerprint);
"""
# What a run's report counted (engine/trend.py); "" for runs of former versions, and for those over a part of the tree.
TALLY = "ALTER TABLE run ADD COLUMN tally TEXT NOT NULL DEFAULT ''"


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
    kin: str  # "" for what version 1 noted


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
    version = _version(db, path)
    for number, statements in enumerate((SCHEMA, IDENTITY, TALLY), 1):
        if version < number:
            for statement in statements.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={number}")


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
            raise HistoryProblem(f"{path} has runs already; {FORMER} is imported into an empty history only")
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
        stated, left = _matched(db, run, list(findings), _living(db), scope.root)
        if scope.whole:
            db.execute("UPDATE run SET tally = ? WHERE id = ?", (tally(stated), run))
        return stated, list(_ended(db, run, left, scope))


def _living(db: sqlite3.Connection) -> list[Life]:
    rows = db.execute(
        "SELECT id, fingerprint, control, severity, message, source, pointer, line, environment, kin"
        " FROM life WHERE closed IS NULL ORDER BY id"
    )
    return [replace(life, source=_path(life.source)) for life in (Life(*row) for row in rows)]


def _matched(
    db: sqlite3.Connection, run: int, findings: list[Finding], lives: list[Life], root: Root
) -> tuple[list[Finding], list[Life]]:
    """Each finding with its state; and the lives that no finding continues."""
    current, former = [li for li in lives if li.kin], [li for li in lives if not li.kin]
    known = continued([identity_of(f) for f in findings], [_of_life(li) for li in current], _gone(root))
    held: list[Life | None] = [current[i] if i is not None else None for i in known]
    _carried_over(findings, held, former)
    stated = [_stated(db, run, finding, life) for finding, life in zip(findings, held, strict=True)]
    standing = {life.id for life in held if life is not None}
    return stated, [life for life in lives if life.id not in standing]


def _carried_over(findings: list[Finding], held: list[Life | None], former: list[Life]) -> None:
    """Lives of version 1 go to the findings of the same control at the same named place of the same file."""
    for place in (str, _whole):
        taken = {life.id for life in held if life is not None}
        left: dict[tuple[str, ...], list[Life]] = defaultdict(list)
        for life in former:
            if life.id not in taken:
                left[life.control, life.source, place(life.pointer), life.environment].append(life)
        for index, finding in enumerate(findings):
            control, where, pointer, environment = _former(finding)
            lives = left.get((control, where, place(pointer), environment)) if held[index] is None else None
            if lives:
                held[index] = lives.pop(0)


def _whole(pointer: str) -> str:
    """A place without the name of its last step, which version 1 did not write for every directive that is repeated."""
    return re.sub(r"\[[^\[\]]*\]$", "", pointer)


def _former(finding: Finding) -> tuple[str, str, str, str]:
    at = finding.at
    return finding.control, source(at.source), _text(masked(at.pointer)), finding.environment


def _of_life(life: Life) -> Identity:
    return Identity(life.kin, "", life.environment) if life.environment else Identity(life.kin, life.source)


def _gone(root: Root) -> Callable[[str], bool]:
    return lambda path: not root.exists(path) and not root.is_link(path)


def _stated(db: sqlite3.Connection, run: int, finding: Finding, life: Life | None) -> Finding:
    if life is None:
        return _born(db, run, finding)
    if (life.fingerprint, life.kin) != (finding.fingerprint, finding.kin):  # moved, or of version 1
        db.execute(
            'UPDATE life SET source = ?, fingerprint = ?, kin = ?, "case" = ? WHERE id = ?',
            (_kept(source(finding.at.source)), finding.fingerprint, finding.kin, finding.case, life.id),
        )
    return replace(finding, state=State.STANDING)


def _kept(path: str) -> str | bytes:
    """A path as SQLite takes it: names may hold bytes that are no text."""
    raw = os.fsencode(path)
    return path if _text(path) == path else raw


def _path(kept: str | bytes) -> str:
    return os.fsdecode(kept)


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _born(db: sqlite3.Connection, run: int, finding: Finding) -> Finding:
    control, where, pointer, environment = _former(finding)
    before = db.execute(
        "SELECT 1 FROM life WHERE closed IS NOT NULL AND (fingerprint = ? OR (kin = '' AND control = ? AND source = ?"
        " AND pointer = ? AND environment = ?)) LIMIT 1",
        (finding.fingerprint, control, _kept(where), pointer, environment),
    ).fetchone()
    db.execute(
        "INSERT INTO life (fingerprint, control, severity, message, source, pointer, line, environment, opened,"
        ' regressed, kin, "case") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
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
            finding.kin,
            finding.case,
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


def trend(path: Path) -> list[Point]:
    """The latest runs over the whole tree that assessed what the last of them did, oldest first. Raises HistoryProblem."""
    with _opened(path) as db:
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

"""A run is noted: which findings are new, which stand, and which are fixed."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from batten.engine.history.database import kept_path, opened, path_of, plain
from batten.engine.identity import Identity, continued, identity_of
from batten.engine.outcome import Past
from batten.engine.shown import source
from batten.engine.trend import tally
from batten.files import Root
from batten.masking import masked, sentence
from batten.model import Finding, Severity, State
from batten.model.record import record


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
    with opened(path) as db:
        targets = ", ".join(("files", *sorted(scope.environments)))
        row = (command, started, version, targets, problems)
        run = db.execute(
            "INSERT INTO run (command, started, version, targets, problems) VALUES (?, ?, ?, ?, ?)", row
        ).lastrowid
        assert run is not None
        rows = db.execute(
            "SELECT id, fingerprint, control, severity, message, source, pointer, line, environment, kin"
            " FROM life WHERE closed IS NULL ORDER BY id"
        )
        # Each finding with its state; and the lives that no finding continues.
        matched_findings = list(findings)
        lives = [replace(life, source=path_of(life.source)) for life in (Life(*row) for row in rows)]
        current, former = [li for li in lives if li.kin], [li for li in lives if not li.kin]
        known = continued(
            [identity_of(f) for f in matched_findings],
            [
                (Identity(li.kin, "", li.environment) if li.environment else Identity(li.kin, li.source))
                for li in current
            ],
            lambda path: not scope.root.exists(path) and not scope.root.is_link(path),
        )
        held: list[Life | None] = [current[i] if i is not None else None for i in known]
        _carried_over(matched_findings, held, former)
        matched_stated = [
            _stated(db, run, finding, life) for finding, life in zip(matched_findings, held, strict=True)
        ]
        standing = {life.id for life in held if life is not None}
        stated, left = matched_stated, [life for life in lives if life.id not in standing]
        if scope.whole:
            db.execute("UPDATE run SET tally = ? WHERE id = ?", (tally(stated), run))
        return stated, list(_ended(db, run, left, scope))


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
    return finding.control, source(at.source), plain(masked(at.pointer)), finding.environment


def _stated(db: sqlite3.Connection, run: int, finding: Finding, life: Life | None) -> Finding:
    if life is None:
        control, where, pointer, environment = _former(finding)
        before = db.execute(
            "SELECT 1 FROM life WHERE closed IS NOT NULL AND (fingerprint = ? OR (kin = '' AND control = ? AND source = ?"
            " AND pointer = ? AND environment = ?)) LIMIT 1",
            (finding.fingerprint, control, kept_path(where), pointer, environment),
        ).fetchone()
        db.execute(
            "INSERT INTO life (fingerprint, control, severity, message, source, pointer, line, environment, opened,"
            ' regressed, kin, "case") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
            (
                finding.fingerprint,
                finding.control,
                int(finding.severity),
                plain(sentence(finding.message)),
                kept_path(source(finding.at.source)),
                plain(masked(finding.at.pointer)),
                finding.region.line if finding.region else 0,
                finding.environment,
                run,
                int(before is not None),
                finding.kin,
                finding.case,
            ),
        )
        return replace(finding, state=State.REGRESSED if before else State.NEW)
    if (life.fingerprint, life.kin) != (finding.fingerprint, finding.kin):  # moved, or of version 1
        db.execute(
            'UPDATE life SET source = ?, fingerprint = ?, kin = ?, "case" = ? WHERE id = ?',
            (kept_path(source(finding.at.source)), finding.fingerprint, finding.kin, finding.case, life.id),
        )
    return replace(finding, state=State.STANDING)


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

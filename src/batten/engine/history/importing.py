"""What a checkout's own history holds, imported once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from batten.engine.history.database import HistoryProblem, opened
from batten.files import Refused, Root
from batten.formats.databases import BadDatabase, Table, rows_of
from batten.model import Severity

FORMER = ".batten/history.db"  # where a checkout held it once


_RUN = Table(name="run", columns=("id", "command", "started", "version", "targets", "problems"))
_LIFE = Table(
    name="life",
    columns=("id", "fingerprint", "control", "severity", "message", "source", "pointer", "line", "environment", "opened", "closed", "regressed"),
)  # fmt: skip
_MOST_BYTES = 256 * 1024 * 1024


def import_history(root: Root, path: Path) -> int:
    """Take over what a `.batten/history.db` in the checkout holds, once, into a history that is still empty; returns how
    many runs. Nothing of it is believed but that somebody wrote these rows. Raises HistoryProblem."""
    try:
        runs, lives = rows_of(root.read(FORMER, _MOST_BYTES), _RUN, _LIFE)
    except (BadDatabase, OSError, Refused) as error:
        raise HistoryProblem(f"{FORMER} cannot be imported: {error}") from error
    shapes = ("isttti", "ittittti" + "ti" + "ni")
    known = {int(s) for s in Severity}
    fit = all(_fits(row, shapes[0]) for row in runs) and all(
        _fits(row, shapes[1]) and row[3] in known for row in lives
    )
    if not fit:
        raise HistoryProblem(f"{FORMER} cannot be imported: it holds values that batten never writes")
    with opened(path) as db:
        if db.execute("SELECT 1 FROM run LIMIT 1").fetchone():
            raise HistoryProblem(f"{path} has runs already; {FORMER} is imported into an empty history only")
        db.executemany(f"INSERT INTO run ({', '.join(_RUN.columns)}) VALUES (?, ?, ?, ?, ?, ?)", runs)
        db.executemany(
            f"INSERT INTO life ({', '.join(_LIFE.columns)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            lives,
        )
    return len(runs)


def _fits(row: Sequence[object], shape: str) -> bool:
    """Whether a row's values are whole numbers (i), short texts (s, t), or a number or nothing (n)."""
    return all(
        (isinstance(value, int) and 0 <= value < 2**31)
        if kind == "i"
        else value is None or isinstance(value, int)
        if kind == "n"
        else isinstance(value, str) and len(value) < 5000
        for value, kind in zip(row, shape, strict=True)
    )

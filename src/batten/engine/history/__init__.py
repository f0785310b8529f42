"""Runs and findings over time, as deltas: a row per run, a row per finding's life, in SQLite."""

from batten.engine.history.database import HistoryProblem, history_path
from batten.engine.history.importing import FORMER, import_history
from batten.engine.history.noted import Run, Story, runs, stories, trend
from batten.engine.history.noting import Scope, note_run

__all__ = [
    "FORMER",
    "HistoryProblem",
    "Run",
    "Scope",
    "Story",
    "history_path",
    "import_history",
    "note_run",
    "runs",
    "stories",
    "trend",
]

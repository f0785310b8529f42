"""One outcome, many readers: a module a format, each imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from batten.engine.outcome import Outcome
from batten.engine.proposals import work_out
from batten.engine.shown import shown
from batten.formats import Workspace

EVERY_FIX = frozenset(
    ("json", "sarif", "junit", "markdown", "html")
)  # formats that show the fix of each finding
LINES = ("concise", "github")  # formats of a line each
FORMATS: tuple[str, ...] = (
    "terminal",
    "concise",
    "json",
    "sarif",
    "junit",
    "markdown",
    "html",
    "gitlab",
    "github",
)


def render(
    format: str,
    outcome: Outcome,
    workspace: Workspace,
    *,
    color: bool = False,
    width: int = 100,
    verbose: bool = False,
    quiet: bool = False,
) -> str:
    """The report in one of FORMATS, without secrets. Color, width and verbose matter to the terminal only; `quiet` leaves
    findings and problems that count, in the formats for people at work.

    Raises ValueError for a format that does not exist.
    """
    if format not in FORMATS:
        raise ValueError(f"{format!r} is not a format; choose from {', '.join(FORMATS)}")
    module = import_module(f"batten.reports.{format}")
    outcome = shown(outcome)
    if format in EVERY_FIX:
        work_out(outcome.findings)
    if format == "terminal":
        text: str = module.render(outcome, workspace, color=color, width=width, verbose=verbose, quiet=quiet)
    elif format in LINES:
        text = module.render(outcome, workspace, quiet=quiet)
    else:
        text = module.render(outcome, workspace)
    return text

"""What every line of the terminal's report is made with."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.causes import Cause
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model.record import record
from batten.reports.legible import cells
from batten.reports.masks import Masks
from batten.reports.terminal_style import Style, wrap

INDENT = "  "
LABEL = 7  # columns that "reach", "also", "fix" take, blanks included


@record
class Page:
    """`causes` are those of the findings that count, first things first."""

    outcome: Outcome
    causes: tuple[Cause, ...]
    workspace: Workspace
    hidden: Masks
    style: Style
    verbose: bool

    @property
    def width(self) -> int:
        return self.style.width


def labelled(label: str, text: str, page: Page, limit: int = 1) -> list[str]:
    lines = wrap(text, page.width - len(INDENT) - LABEL, limit)
    first = INDENT + page.style.paint(f"{label:<{LABEL}}", "cyan") + lines[0]
    return [first, *(INDENT + " " * LABEL + line for line in lines[1:])]


def hanging(start: str, text: str, page: Page, limit: int = 0) -> Iterator[str]:
    lead = INDENT + start
    lines = wrap(text, page.width - cells(lead), limit)
    yield lead + lines[0]
    yield from (" " * cells(lead) + line for line in lines[1:])

"""What a report is made of: the outcome, the files, and what may not be shown of them."""

from __future__ import annotations

from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model.record import record
from batten.reports import words
from batten.reports.masks import Masks, masks


@record
class Page:
    outcome: Outcome
    workspace: Workspace
    hidden: Masks
    explained: frozenset[str] = frozenset()  # fingerprints of the causes that name `batten explain`


def page_of(outcome: Outcome, workspace: Workspace) -> Page:
    return Page(outcome, workspace, masks(outcome.findings, workspace), words.explained(outcome.causes))

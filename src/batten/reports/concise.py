"""A line for each place of a finding, `path:line:column: severity control message`, for terminals that open such places."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.causes import Cause
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Kind
from batten.reports import words
from batten.reports.ledger import told
from batten.reports.legible import one_line
from batten.reports.paths import from_here


def render(outcome: Outcome, workspace: Workspace, *, quiet: bool = False) -> str:
    return "".join(f"{one_line(line)}\n" for line in _lines(outcome, workspace, quiet))


def _lines(outcome: Outcome, workspace: Workspace, quiet: bool) -> Iterator[str]:
    prefix = from_here(outcome)
    for cause in outcome.causes:
        said = f"{cause.severity.label} {cause.lead.control} {cause.message}{more(cause, workspace)}"
        finding = cause.lead
        place = words.place(finding) if finding.at.kind is Kind.WIRE else plain(prefix + words.place(finding))
        yield f"{place}: {said}"
    for problem in words.incomplete(outcome):
        if "://" in problem.source:
            source = problem.source
        else:
            source = plain(f"{prefix}{problem.source}") + (f":{problem.line}" if problem.line else "")
        yield f"{source}: problem: {problem.message}; {problem.hint}".rstrip("; ")
    if not quiet:
        if outcome.ledger is not None:
            yield from told(outcome.ledger)
        yield words.verdict(outcome)


def plain(path: str) -> str:
    """A path that is no command of a pipeline's log (`::error …`, `##[…`), whatever the file is called."""
    return f"./{path}" if path.startswith((":", "#", "-")) else path


def more(cause: Cause, workspace: Workspace) -> str:
    """` (also at b.conf:3:5 and 7 more)`; "" for a cause with one place."""
    places = [*map(words.place, cause.places[1:])]
    places += (words.where(at, workspace) for finding in cause.places for at in finding.also)
    others = list(dict.fromkeys(places))
    if not others:
        return ""
    return f" (also at {others[0]}{f' and {len(others) - 1:,} more' if len(others) > 1 else ''})"

"""A line for each finding, `path:line:column: severity control message`, for terminals that open such places."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Finding, Kind, Problem
from batten.reports import words
from batten.reports.legible import one_line
from batten.reports.paths import from_here


def render(outcome: Outcome, workspace: Workspace, *, quiet: bool = False) -> str:
    return "".join(f"{one_line(line)}\n" for line in _lines(outcome, quiet))


def _lines(outcome: Outcome, quiet: bool) -> Iterator[str]:
    prefix = from_here(outcome)
    for finding in sorted(outcome.active, key=lambda f: -f.severity):
        yield f"{_place(finding, prefix)}: {finding.severity.label} {finding.control} {finding.message}{_more(finding)}"
    for problem in words.incomplete(outcome):
        yield f"{_source(problem, prefix)}: problem: {problem.message}; {problem.hint}".rstrip("; ")
    if not quiet:
        yield words.verdict(outcome)


def _place(finding: Finding, prefix: str) -> str:
    return words.place(finding) if finding.at.kind is Kind.WIRE else plain(prefix + words.place(finding))


def _source(problem: Problem, prefix: str) -> str:
    if "://" in problem.source:
        return problem.source
    return plain(f"{prefix}{problem.source}") + (f":{problem.line}" if problem.line else "")


def plain(path: str) -> str:
    """A path that is no command of a pipeline's log (`::error …`, `##[…`), whatever the file is called."""
    return f"./{path}" if path.startswith((":", "#", "-")) else path


def _more(finding: Finding) -> str:
    return f" (also at {words.plural(len(finding.also), 'place')})" if finding.also else ""

"""Annotations of GitHub Actions: a workflow command for each finding, what to do first at the top.

A step shows ten errors, ten warnings and ten notices at most, and a job fifty in all
(https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations); the log shows every line. Commands and
their properties: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batten.engine.causes import LOWERING, Cause
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Kind, Problem
from batten.reports import words
from batten.reports.concise import more
from batten.reports.ledger import told
from batten.reports.legible import one_line
from batten.reports.paths import from_checkout
from batten.reports.sarif import level, sentence

SHOWN = 10  # annotations of each level
_COMMAND = {"error": "error", "warning": "warning", "note": "notice"}


def render(outcome: Outcome, workspace: Workspace, *, quiet: bool = False) -> str:
    prefix = from_checkout(outcome)
    problems = [_problem(p, prefix) for p in words.incomplete(outcome)]
    every = outcome.causes
    lowered = [_finding(cause, workspace, prefix) for cause in every if cause.lead.control == LOWERING]
    findings = [_finding(cause, workspace, prefix) for cause in every if cause.lead.control != LOWERING]
    commands = [*lowered, *problems, *findings]
    others = [*problems, *findings]
    made = [text for _, text in lowered]
    made += [text for command in _COMMAND.values() for name, text in others if name == command]
    told = [] if quiet else list(_summary(outcome, [name for name, _ in commands]))
    return "".join(f"{line}\n" for line in (*made, *told))


def _summary(outcome: Outcome, names: list[str]) -> Iterator[str]:
    yield one_line(f"batten: {words.verdict(outcome)}")
    for line in told(outcome.ledger) if outcome.ledger is not None else ():
        yield one_line(f"batten: {line}")
    more = {name: names.count(name) - SHOWN for name in _COMMAND.values()}
    beyond = [f"{count} more {name}s" for name, count in more.items() if count > 0]
    if beyond:
        yield f"batten: GitHub shows {SHOWN} annotations of each level; this log has {words.joined(beyond)}"


def _finding(cause: Cause, workspace: Workspace, prefix: str) -> tuple[str, str]:
    finding = cause.lead
    name = _COMMAND[level(finding.severity)]
    title = f"{finding.control} ({finding.severity.label})"
    said = [sentence(f"{cause.message}{more(cause, workspace)}"), finding.advice]
    if finding.at.kind is Kind.WIRE:
        said.append(f"Seen in {finding.environment}: {words.place(finding)}")
        return name, _command(name, {"title": title}, "\n".join(filter(None, said)))
    place = {"file": prefix + finding.at.source}
    region = finding.region
    if region is not None:
        place |= {"line": str(region.line), "endLine": str(region.end_line)}
        if region.line == region.end_line:  # columns are of one line
            place["col"] = str(region.column)
    return name, _command(name, place | {"title": title}, "\n".join(filter(None, said)))


def _problem(problem: Problem, prefix: str) -> tuple[str, str]:
    place = {"file": prefix + problem.source} if "://" not in problem.source and problem.line else {}
    place |= {"line": str(problem.line)} if place else {}
    said = f"{problem.source}: {problem.message}" + (f"; {problem.hint}" if problem.hint else "")
    return "warning", _command("warning", place | {"title": "not assessed"}, said)


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    said = "\n".join(map(one_line, message.split("\n")))
    return f"::{name} {written}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")

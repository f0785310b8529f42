"""The report for programs: one JSON object, `version` 1. Fields are added, never changed, within a version.

Paths are relative to the reviewed folder, "/" between parts; lines and columns are 1-based, in
characters, the end exclusive; severities are info, low, medium, high, critical.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from batten import __version__
from batten.controls import collected
from batten.engine.outcome import EnvironmentOutcome, Outcome, Past
from batten.formats import Workspace
from batten.model import Exchange, Finding, Fix, Location, Problem, Region, Suppression
from batten.reports import words
from batten.reports.diff import fix_diff
from batten.reports.encoded import encoded
from batten.reports.excerpt import excerpt
from batten.reports.masks import Masks, masks

VERSION = 1


class JsonPlace(msgspec.Struct, frozen=True):
    """`path` is a file's path or a live address; `line` is 0 when there is none; `exchange` is null in `also`,
    where the same was seen again: a dozen exchanges a finding are 10 MB a hundred targets."""

    path: str
    pointer: str
    kind: str
    line: int
    exchange: Exchange | None


class JsonEdit(msgspec.Struct, frozen=True):
    """Replace the characters from offset `start` to before `end` by `text`."""

    path: str
    start: int
    end: int
    text: str


class JsonFix(msgspec.Struct, frozen=True):
    """`withheld`: the edits would repeat a secret of the file and are left out."""

    title: str
    safety: str
    breaks: str
    question: str
    edits: list[JsonEdit]
    diff: str
    withheld: bool


class JsonSuppression(msgspec.Struct, frozen=True):
    kind: str
    reason: str
    owner: str
    until: str
    at: JsonPlace | None


class JsonFinding(msgspec.Struct, frozen=True):
    """`excerpt` is the source line, secrets masked; `remedy` names what should be so; `fails` says whether the finding counts
    and is at or above the gate."""

    control: str
    case: str
    title: str
    severity: str
    message: str
    why: str
    advice: str
    state: str
    environment: str
    fingerprint: str
    at: JsonPlace
    region: Region | None
    excerpt: str
    reach: list[str]
    also: list[JsonPlace]
    related: list[JsonPlace]
    remedy: str
    fix: JsonFix | None
    suppression: JsonSuppression | None
    context: str
    counts: bool
    fails: bool


class JsonEnvironment(msgspec.Struct, frozen=True):
    name: str
    url: str
    reached: bool
    exchanges: int
    not_assessed: list[Problem]
    left_alone: list[Problem]


class JsonPast(msgspec.Struct, frozen=True):
    control: str
    severity: str
    message: str
    path: str
    line: int
    pointer: str
    environment: str
    state: str


class JsonSummary(msgspec.Struct, frozen=True):
    """Counts of findings that count towards the verdict; suppressed ones apart, and by `apart` those of contexts
    that do not count. `stood` are those of before the change, null unless `--changed-since` was given."""

    findings: int
    by_severity: dict[str, int]
    suppressed: int
    problems: int
    fixed: int
    files: int
    units: int
    gate: str
    exit_code: int
    verdict: str
    lifecycle_data: str  # ISO day on which the data on ends of life were collected
    apart: dict[str, int]
    stood: int | None


class JsonReport(msgspec.Struct, frozen=True):
    version: int
    tool: str
    tool_version: str
    command: str
    summary: JsonSummary
    findings: list[JsonFinding]
    problems: list[Problem]
    environments: list[JsonEnvironment]
    past: list[JsonPast]


def render(outcome: Outcome, workspace: Workspace) -> str:
    hidden = masks(outcome.findings, workspace)
    return encoded(
        JsonReport(
            VERSION,
            "batten",
            __version__,
            outcome.command,
            _summary(outcome),
            [_finding(f, outcome.fails(f), workspace, hidden) for f in outcome.findings],
            outcome.problems,
            [_environment(e) for e in outcome.environments],
            [_past(p) for p in outcome.past],
        )
    )


def _summary(outcome: Outcome) -> JsonSummary:
    active = outcome.active
    return JsonSummary(
        len(active),
        {s.label: n for s, n in outcome.count().items()},
        len(outcome.suppressed),
        len(outcome.problems),
        len(words.fixed(outcome.past)),
        outcome.files,
        outcome.units,
        outcome.gate.label,
        int(outcome.exit_code),
        words.verdict(outcome),
        collected().isoformat(),
        words.by_context(outcome.apart),
        outcome.stood,
    )


def _finding(finding: Finding, fails: bool, workspace: Workspace, hidden: Masks) -> JsonFinding:
    seen = excerpt(finding, workspace, hidden)
    return JsonFinding(
        finding.control,
        finding.case,
        words.title_of(finding.control),
        finding.severity.label,
        finding.message,
        finding.why,
        finding.advice,
        finding.state.value,
        finding.environment,
        finding.fingerprint,
        _place(finding.at, workspace),
        finding.region,
        seen.text if seen else "",
        list(finding.reach),
        _places((replace(at, exchange=None) for at in finding.also), workspace),
        _places(finding.related, workspace),
        type(finding.remedy).__name__ if finding.remedy else "",
        _fix(finding.fix, workspace, hidden) if finding.fix else None,
        _suppression(finding.suppression, workspace) if finding.suppression else None,
        finding.context.value,
        finding.counts,
        fails,
    )


def _places(locations: Iterable[Location], workspace: Workspace) -> list[JsonPlace]:
    return [_place(at, workspace) for at in locations]


def _place(at: Location, workspace: Workspace) -> JsonPlace:
    return JsonPlace(at.source, at.pointer, at.kind.value, words.line_of(at, workspace), at.exchange)


def _fix(fix: Fix, workspace: Workspace, hidden: Masks) -> JsonFix:
    withheld = any(hidden.bares(e.source, e.text) for e in fix.edits)
    edits = [JsonEdit(e.source, e.span.start, e.span.end, e.text) for e in fix.edits]
    return JsonFix(
        fix.title,
        fix.safety.value,
        fix.breaks,
        fix.question,
        [] if withheld else edits,
        fix_diff(fix, workspace, hidden),
        withheld,
    )


def _suppression(suppression: Suppression, workspace: Workspace) -> JsonSuppression:
    at = _place(suppression.at, workspace) if suppression.at else None
    return JsonSuppression(suppression.kind, suppression.reason, suppression.owner, suppression.until, at)


def _environment(environment: EnvironmentOutcome) -> JsonEnvironment:
    return JsonEnvironment(
        environment.name,
        environment.url,
        environment.reached,
        environment.exchanges,
        list(environment.not_assessed),
        list(environment.left_alone),
    )


def _past(past: Past) -> JsonPast:
    return JsonPast(
        past.control,
        past.severity.label,
        past.message,
        past.source,
        past.line,
        past.pointer,
        past.environment,
        past.state.value,
    )

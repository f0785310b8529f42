"""The plan for programs: one JSON object, `version` 1. Fields are added, never changed, within a version."""

from __future__ import annotations

import msgspec

from batten import __version__
from batten.engine.plan import Plan, Step
from batten.model import Finding, Problem
from batten.reports.encoded import encoded
from batten.reports.plan import wording
from batten.reports.vocabulary import SeverityName

VERSION = 1


class JsonPlanFinding(msgspec.Struct, frozen=True):
    """`path` is a file's path or a live address, `line` 0 where there is none, `environment` "" for files."""

    control: str
    case: str
    severity: SeverityName
    message: str
    fingerprint: str
    path: str
    line: int
    environment: str


class JsonStep(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is the same while the same findings are resolved in the same way; `rank` says why the step stands where it does; `way` is safe-fix, risky-fix, answer, target or
    hand; `target` is what `batten harden` renders instead, "" for nothing; `seen` are findings of running environments that
    the same change ends; `risks` are those who may notice a risky fix; `prints` is what the command `verify` shows when the step is done."""

    key: str
    way: str
    rank: str
    severity: SeverityName
    public: bool | None
    controls: list[str]
    message: str
    why: str
    reach: list[str]
    fixes: list[str]
    do: list[str]
    breaks: str
    risks: list[str]
    verify: str
    prints: str
    undo: str
    target: str
    findings: list[JsonPlanFinding]
    seen: list[JsonPlanFinding]


class JsonProblem(msgspec.Struct, frozen=True):
    """What was not assessed."""

    path: str
    line: int
    message: str
    hint: str


class JsonPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in the order in which they are to be taken. `exit_code` is that of the command."""

    version: int
    batten: str
    summary: str
    exit_code: int
    steps: list[JsonStep]
    problems: list[JsonProblem]


def render(plan: Plan) -> str:
    return encoded(
        JsonPlan(
            version=VERSION,
            batten=__version__,
            summary=wording.summary(plan),
            exit_code=int(plan.exit_code),
            steps=[_step(step, plan) for step in plan.steps],
            problems=list(map(_problem, plan.problems)),
        )
    )


def _step(step: Step, plan: Plan) -> JsonStep:
    told = wording.told(step, plan)
    titles = dict.fromkeys(f.fix.title for f in step.findings if f.fix is not None and f.fix.edits)
    return JsonStep(
        key=step.key,
        way=step.way.value,
        rank=wording.rank(step),
        severity=step.severity.label,
        public=step.lead.public,
        controls=list(step.controls),
        message=step.message,
        why=told.why,
        reach=list(step.lead.reach),
        fixes=list(titles),
        do=list(told.do),
        breaks=told.breaks,
        risks=wording.risks(step),
        verify=told.verify,
        prints=told.prints,
        undo=told.undo,
        target=step.target,
        findings=list(map(_finding, step.findings)),
        seen=list(map(_finding, step.seen)),
    )


def _finding(finding: Finding) -> JsonPlanFinding:
    return JsonPlanFinding(
        finding.control,
        finding.case,
        finding.severity.label,
        finding.message,
        finding.fingerprint,
        finding.at.source,
        finding.region.line if finding.region else 0,
        finding.environment,
    )


def _problem(problem: Problem) -> JsonProblem:
    return JsonProblem(problem.source, problem.line, problem.message, problem.hint)

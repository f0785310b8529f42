"""JUnit XML, for programs that show test results: a suite for each file or environment, a case for each finding.

A failure is what makes the run fail. A finding below the gate is a case that passed, with what was found as its output. It
is valid by the schema that Jenkins accepts
(https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd),
so the place is in a case's name. GitLab shows one case of each name
(https://docs.gitlab.com/ci/testing/unit_test_reports/), so no two have the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from batten.engine.causes import Cause, causes
from batten.engine.ledger import Ledger, Unread
from batten.engine.outcome import EnvironmentOutcome, Outcome
from batten.formats import Workspace
from batten.model import Problem
from batten.model.record import record
from batten.reports import words
from batten.reports.evidence import answered, asked
from batten.reports.excerpt import excerpt
from batten.reports.ledger import named, obscure, passed, read_by, said, summary, uncompared
from batten.reports.legible import legible, one_line
from batten.reports.masks import Masks, masks


@record(kw_only=True)
class Case:
    """A test case; `kind` is "failure", "error", "skipped" or "passed", whose `detail` is its output."""

    kind: str
    classname: str
    name: str
    message: str = ""
    type: str = ""
    detail: str = ""


def render(outcome: Outcome, workspace: Workspace) -> str:
    suites: dict[str, list[Case]] = {}
    hidden = masks(outcome.findings, workspace)
    for cause in causes(outcome.findings):
        finding = cause.lead
        severity = finding.severity.label
        finding_made = partial(
            Case, classname=finding.control, name=f"{words.place(finding)} {cause.message}"
        )
        if finding.suppression is not None:
            because = f"{words.suppressed_by(finding.suppression)}: {words.reason(finding.suppression)}"
            made = finding_made(kind="skipped", message=because)
        elif not finding.counts:
            made = finding_made(kind="skipped", message=f"{severity}, {words.uncounted(finding)}")
        else:
            detail = "\n".join(_detail(cause, workspace, hidden))
            if outcome.fails(finding):
                made = finding_made(kind="failure", message=cause.message, type=severity, detail=detail)
            else:
                made = finding_made(
                    kind="passed", detail=f"{severity}, below the gate ({outcome.gate.label})\n{detail}"
                )
        suites.setdefault(cause.lead.environment or cause.lead.at.source, []).append(made)
    for problem in outcome.problems:
        made = _problem(problem, "error" if problem.counts else "skipped")
        suites.setdefault(problem.source, []).append(made)
    if held := words.withheld(outcome):
        # What the policy keeps out of the verdict: it comes with the files under review.
        suites.setdefault("batten.yaml", []).append(
            Case(kind="skipped", classname="policy", name="batten.yaml", message=held)
        )
    for environment in outcome.environments:
        suites.setdefault(environment.name, []).extend(_environment(environment))
    if not suites:
        read = f"{words.plural(outcome.files, 'file')} without a finding"
        suites["batten"] = [Case(kind="passed", classname="batten", name=read)]
    return "".join(_document(suites, outcome.ledger))


def _environment(environment: EnvironmentOutcome) -> Iterator[Case]:
    yield from (_problem(p) for p in environment.not_assessed)
    yield from (_problem(p, "skipped") for p in environment.left_alone)
    if environment.reached:
        yield Case(kind="passed", classname="environment", name=environment.name)
    else:
        yield _problem(Problem(environment.url or environment.name, "probe", words.reached(environment)))


def _document(suites: dict[str, list[Case]], ledger: Ledger | None) -> Iterator[str]:
    unread = [_unread(one) for one in ledger.missed] if ledger is not None else []
    every = [*(case for cases in suites.values() for case in cases), *unread]
    names: Counter[tuple[str, str]] = Counter()
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="batten" {_numbers(every)}>\n'
    for name, cases in suites.items():
        yield f'  <testsuite name="{_attribute(name)}" {_numbers(cases)} {_skipped(cases)}>\n'
        yield from (_written(case, names) for case in cases)
        yield "  </testsuite>\n"
    if ledger is not None:
        yield f'  <testsuite name="ledger" {_numbers(unread)} {_skipped(unread)}>\n'
        yield from _properties(ledger)
        yield from (_written(case, names) for case in unread)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _numbers(cases: list[Case]) -> str:
    kinds = [case.kind for case in cases]
    return f'tests="{len(kinds)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}"'


def _skipped(cases: list[Case]) -> str:
    return f'skipped="{sum(case.kind == "skipped" for case in cases)}"'


def _detail(cause: Cause, workspace: Workspace, hidden: Masks) -> Iterator[str]:
    for finding in cause.places:
        yield f"{words.place(finding)}: {one_line(finding.message)}"
        seen = excerpt(finding, workspace, hidden)
        if seen is not None:
            yield f"{seen.number:>6} | {seen.text}"
        elif finding.at.exchange is not None:
            yield from (asked(finding), *answered(finding))
    finding = cause.lead
    if finding.reach:
        yield f"reach: {' → '.join(finding.reach)}"
    for other in cause.covered:
        yield f"also breaks {other.control}: {words.place(other)}: {one_line(other.message)}"
    if finding.fix is None:
        yield f"to do: {finding.advice}"
    else:
        yield f"fix: {finding.fix.title} ({words.SAFETY[finding.fix.safety]})"


def _problem(problem: Problem, kind: str = "error") -> Case:
    return Case(
        kind=kind,
        classname=f"problem.{problem.stage.replace(' ', '-')}",
        name=f"{problem.source}:{problem.line}" if problem.line else problem.source,
        message=problem.message,
        type=problem.stage,
        detail=problem.hint,
    )


def _unread(one: Unread) -> Case:
    return Case(
        kind="skipped", classname="ledger", name=f"{one.path}: {named(one)} not read", message=said(one)
    )


def _properties(ledger: Ledger) -> Iterator[str]:
    """What was read and what was not, as JUnit's properties of a suite."""
    rows = [("summary", summary(ledger)), ("files read", str(len(ledger.read)))]
    rows += [(f"read: {name} ({context})", str(count)) for name, context, count in read_by(ledger)]
    rows += [(f"settings unknown: {reason.value}", str(count)) for reason, count in ledger.unknown.items()]
    rows += [(f"setting not read: {one.at}", passed(one)) for one in ledger.unjudged]
    rows += [(f"set here, not understood: {one.at}", obscure(one)) for one in ledger.unclear]
    if ledger.packages is not None:
        rows += [("packages", line) for line in uncompared(ledger.packages, all_of_them=True)]
    rows += [(f"left out: {name}", str(count)) for name, count in ledger.left_out.items()]
    yield "    <properties>\n"
    for name, value in rows:
        yield f'      <property name="{_attribute(name)}" value="{_attribute(value)}"/>\n'
    yield "    </properties>\n"


def _written(case: Case, names: Counter[tuple[str, str]]) -> str:
    """A case under a name of its own; `names` counts those that were written."""
    names[case.classname, case.name] += 1
    count = names[case.classname, case.name]
    name = f"{case.name} ({count})" if count > 1 else case.name
    head = f'    <testcase classname="{_attribute(case.classname)}" name="{_attribute(name)}"'
    if case.kind == "passed":
        inner = f"<system-out>{_text(case.detail)}</system-out>" if case.detail else ""
    else:
        typed = f' type="{_attribute(case.type)}"' if case.type else ""
        inner = f'<{case.kind} message="{_attribute(case.message)}"{typed}>{_text(case.detail)}</{case.kind}>'
    return f"{head}>\n      {inner}\n    </testcase>\n" if inner else f"{head}/>\n"


def _text(text: str) -> str:
    clean = legible(text.replace("\r", ""))
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _text(one_line(text)).replace('"', "&quot;")

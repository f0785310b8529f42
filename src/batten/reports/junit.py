"""JUnit XML, for whatever shows test results: a suite a file or environment, a failure a finding with all its places."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.causes import Cause, causes
from batten.engine.ledger import Ledger, Unread
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Finding, Problem
from batten.reports import words
from batten.reports.evidence import answered, asked
from batten.reports.excerpt import excerpt
from batten.reports.ledger import read_by, said, summary
from batten.reports.legible import legible, one_line
from batten.reports.masks import Masks, masks

Case = tuple[str, str, str]  # its kind ("failure", "error", "skipped", "passed"), class name, XML


def render(outcome: Outcome, workspace: Workspace) -> str:
    suites: dict[str, list[Case]] = {}
    hidden = masks(outcome.findings, workspace)
    for cause in causes(outcome.findings):
        suites.setdefault(cause.lead.environment or cause.lead.at.source, []).append(
            _finding(cause, workspace, hidden)
        )
    for problem in outcome.problems:
        suites.setdefault(problem.source, []).append(
            _problem(problem, "error" if problem.counts else "skipped")
        )
    if held := words.withheld(outcome):
        suites.setdefault("batten.yaml", []).append(_withheld(held))
    for environment in outcome.environments:
        cases = suites.setdefault(environment.name, [])
        cases += (_problem(p) for p in environment.not_assessed)
        cases += (_problem(p, "skipped") for p in environment.left_alone)
        if not environment.reached and environment.asked:
            cases.append(_problem(Problem(environment.url, "probe", "no answer")))
        elif not cases:
            cases.append(_passed("environment", environment.name))
    if not suites:
        suites["batten"] = [_passed("batten", f"{words.plural(outcome.files, 'file')} without a finding")]
    return "".join(_document(suites, outcome.ledger))


def _document(suites: dict[str, list[Case]], ledger: Ledger | None) -> Iterator[str]:
    unread = [_unread(one) for one in ledger.missed] if ledger is not None else []
    every = [*(case for cases in suites.values() for case in cases), *unread]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="batten" {_numbers(every)}>\n'
    for name, cases in suites.items():
        yield f'  <testsuite name="{_attribute(name)}" {_numbers(cases)}>\n'
        yield from (xml for _, _, xml in cases)
        yield "  </testsuite>\n"
    if ledger is not None:
        yield f'  <testsuite name="ledger" {_numbers(unread)}>\n'
        yield from _properties(ledger)
        yield from (xml for _, _, xml in unread)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _numbers(cases: list[Case]) -> str:
    kinds = [kind for kind, _, _ in cases]
    return (
        f'tests="{len(kinds)}" failures="{kinds.count("failure")}" '
        f'errors="{kinds.count("error")}" skipped="{kinds.count("skipped")}"'
    )


def _finding(cause: Cause, workspace: Workspace, hidden: Masks) -> Case:
    finding = cause.lead
    name = f"{words.place(finding)} {cause.message}"
    if finding.suppression is not None:
        because = f"{words.suppressed_by(finding.suppression)}: {words.reason(finding.suppression)}"
        return "skipped", finding.control, _case(finding.control, name, "skipped", because)
    if not finding.counts:
        because = f"{finding.severity.label}, {words.uncounted(finding)}"
        return "skipped", finding.control, _case(finding.control, name, "skipped", because)
    detail = "\n".join(_detail(cause, workspace, hidden))
    body = _case(finding.control, name, "failure", cause.message, finding.severity.label, detail, finding)
    return "failure", finding.control, body


def _detail(cause: Cause, workspace: Workspace, hidden: Masks) -> Iterator[str]:
    for finding in cause.places:
        yield from _place(finding, workspace, hidden)
    finding = cause.lead
    if finding.reach:
        yield f"reach: {' → '.join(finding.reach)}"
    if cause.also_breaks:
        yield f"also breaks: {', '.join(cause.also_breaks)}"
    if finding.fix is None:
        yield f"to do: {finding.advice}"
    else:
        yield f"fix: {finding.fix.title} ({words.SAFETY[finding.fix.safety]})"


def _place(finding: Finding, workspace: Workspace, hidden: Masks) -> Iterator[str]:
    yield f"{words.place(finding)}: {one_line(finding.message)}"
    seen = excerpt(finding, workspace, hidden)
    if seen is not None:
        yield f"{seen.number:>6} | {seen.text}"
    elif finding.at.exchange is not None:
        yield from (asked(finding), *answered(finding))


def _problem(problem: Problem, kind: str = "error") -> Case:
    name = f"{problem.source}:{problem.line}" if problem.line else problem.source
    stage = f"problem.{problem.stage.replace(' ', '-')}"
    return kind, stage, _case(stage, name, kind, problem.message, problem.stage, problem.hint)


def _unread(one: Unread) -> Case:
    return "skipped", "ledger", _case("ledger", f"{one.path} not read", "skipped", said(one))


def _properties(ledger: Ledger) -> Iterator[str]:
    """What was read and what was not, as JUnit's properties of a suite."""
    rows = [("summary", summary(ledger)), ("files read", str(len(ledger.read)))]
    rows += [(f"read: {name} ({context})", str(count)) for name, context, count in read_by(ledger)]
    rows += [(f"settings unknown: {reason.value}", str(count)) for reason, count in ledger.unknown.items()]
    rows += [(f"left out: {name}", str(count)) for name, count in ledger.left_out.items()]
    yield "    <properties>\n"
    for name, value in rows:
        yield f'      <property name="{_attribute(name)}" value="{_attribute(value)}"/>\n'
    yield "    </properties>\n"


def _withheld(held: str) -> Case:
    """What the policy keeps out of the verdict: it comes with the files under review."""
    return "skipped", "policy", _case("policy", "batten.yaml", "skipped", held)


def _passed(classname: str, name: str) -> Case:
    return (
        "passed",
        classname,
        f'    <testcase classname="{_attribute(classname)}" name="{_attribute(name)}"/>\n',
    )


def _case(
    classname: str,
    name: str,
    kind: str,
    message: str,
    type: str = "",
    detail: str = "",
    finding: Finding | None = None,
) -> str:
    place = ""
    if finding is not None and finding.region is not None:
        place = f' file="{_attribute(finding.at.source)}" line="{finding.region.line}"'
    typed = f' type="{_attribute(type)}"' if type else ""
    inner = f'<{kind} message="{_attribute(message)}"{typed}>{_text(detail)}</{kind}>'
    head = f'    <testcase classname="{_attribute(classname)}" name="{_attribute(name)}"{place}>\n'
    return f"{head}      {inner}\n    </testcase>\n"


def _text(text: str) -> str:
    clean = legible(text.replace("\r", ""))
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _text(one_line(text)).replace('"', "&quot;")

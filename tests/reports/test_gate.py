"""What fails a run fails it in every format: one rule, `Outcome.fails`, and what each format makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.causes import causes
from batten.engine.ledger import Ledger, Reason, Unread, Why
from batten.engine.outcome import EnvironmentOutcome, ExitCode, Outcome
from batten.formats import Workspace
from batten.model import Context, Severity
from batten.reports import render

# The elements of Jenkins' JUnit schema (junit-10.xsd of its xUnit plug-in) with their attributes, those required marked by
# an exclamation mark, and the elements that may be in each.
JUNIT = {
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": (
        "name! tests! failures! errors! group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("name! value!", ""),
    "testcase": ("name! time classname group", "skipped error failure system-out system-err"),
    "skipped": ("type message", ""),
    "error": ("type message", ""),
    "failure": ("type message", ""),
    "system-out": ("", ""),
    "system-err": ("", ""),
}
TEXT = ("skipped", "error", "failure", "system-out", "system-err")  # the others hold elements alone


def violations(element: ElementTree.Element) -> list[str]:
    attributes, inner = (words.split() for words in JUNIT[element.tag])
    allowed = {name.rstrip("!") for name in attributes}
    found = [f"{element.tag}: no attribute {name}" for name in element.attrib if name not in allowed]
    found += [
        f"{element.tag} lacks {name[:-1]}"
        for name in attributes
        if name[-1:] == "!" and name[:-1] not in element.attrib
    ]
    if element.tag not in TEXT:
        found += [
            f"{element.tag}: text"
            for text in (element.text, *(e.tail for e in element))
            if (text or "").strip()
        ]
    for child in element:
        found += [f"{element.tag}: {child.tag} within"] if child.tag not in inner else violations(child)
    return found


@pytest.mark.parametrize("gate", Severity)
def test_the_gate_holds_in_every_format(gate: Severity, outcome: Outcome, workspace: Workspace) -> None:
    outcome.gate = gate
    outcome.findings.append(
        replace(outcome.findings[1], counts=False, context=Context.TEST, control="hsts-sent")
    )
    failing = sum(outcome.fails(cause.lead) for cause in causes(outcome.findings))
    assert failing == sum(f.severity >= gate for f in outcome.active)
    suites = ElementTree.fromstring(render("junit", outcome, workspace))
    assert int(suites.attrib["failures"]) == len(suites.findall(".//failure")) == failing
    report = json.loads(render("json", outcome, workspace))
    assert sum(f["fails"] for f in report["findings"]) == failing
    run = json.loads(render("sarif", outcome, workspace))["runs"][0]
    assert sum(r["properties"]["gate"] for r in run["results"]) == failing
    codes = {report["summary"]["exit_code"], run["invocations"][0]["exitCode"], int(outcome.exit_code)}
    assert codes == {1 if failing else 3}


def test_what_is_below_the_gate_passes_with_what_was_found(outcome: Outcome, workspace: Workspace) -> None:
    outcome.gate = Severity.CRITICAL
    suites = ElementTree.fromstring(render("junit", outcome, workspace))
    (case,) = (c for c in suites.iter("testcase") if c.attrib["classname"] == "tls-required")
    (output,) = case
    assert output.tag == "system-out" and (output.text or "").startswith("high, below the gate (critical)\n")


@pytest.mark.parametrize("asked", [True, False])
def test_an_environment_that_was_not_reached_is_an_error_everywhere(
    asked: bool, workspace: Workspace
) -> None:
    missed = EnvironmentOutcome("production", "https://api.example.com", False, asked=asked)
    outcome = Outcome("check", "/r", Severity.LOW, environments=[missed])
    assert outcome.exit_code is ExitCode.INCOMPLETE
    assert ElementTree.fromstring(render("junit", outcome, workspace)).attrib["errors"] == "1"
    assert render("github", outcome, workspace).startswith("::warning title=not assessed::")
    (invocation,) = json.loads(render("sarif", outcome, workspace))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False


def test_levels_follow_the_severity(outcome: Outcome, workspace: Workspace) -> None:
    levels = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
    results = json.loads(render("sarif", outcome, workspace))["runs"][0]["results"]
    assert all(r["level"] == levels[r["properties"]["severity"]] for r in results)
    issues = json.loads(render("gitlab", outcome, workspace))
    named = {
        "secret-not-inline": "blocker",
        "tls-required": "critical",
        "cookie-flags": "major",
        "csp-sent": "minor",
    }
    assert named.items() <= {i["check_name"]: i["severity"] for i in issues}.items()


def test_junit_is_valid_and_no_two_cases_have_one_name(outcome: Outcome, workspace: Workspace) -> None:
    outcome.problems *= 2
    missed = Unread("settings.py", "Django settings", Why.NO_READER, Context.PRODUCTION, True)
    outcome.ledger = Ledger(unread=(missed,), unknown={Reason.VARIABLE: 2})
    suites = ElementTree.fromstring(render("junit", outcome, workspace))
    assert violations(suites) == []
    names = [(c.attrib["classname"], c.attrib["name"]) for c in suites.iter("testcase")]
    assert len(names) == len(set(names))


@settings(max_examples=30, deadline=None)
@given(nasty=st.text(max_size=20))
def test_junit_of_any_text_is_valid(everywhere: Callable[[str], Outcome], nasty: str) -> None:
    text = render("junit", everywhere(nasty), Workspace("/nonexistent"))
    assert violations(ElementTree.fromstring(text)) == []


def test_the_check_of_junit_finds_what_is_wrong() -> None:
    wrong = "<testsuites skipped='1'><testsuite name='a' tests='1' failures='0'>x<testcase line='1'/></testsuite></testsuites>"
    assert violations(ElementTree.fromstring(wrong)) == [
        "testsuites: no attribute skipped",
        "testsuite lacks errors",
        "testsuite: text",
        "testcase: no attribute line",
        "testcase lacks name",
    ]

"""How each format tells a finding that has several places."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from batten.engine.outcome import Outcome
from batten.engine.review import review
from batten.engine.sides import joined
from batten.formats import Workspace
from batten.model import Finding, LazyFix, Location, Severity, Span, State
from batten.model.fix import Edit, Fix
from batten.policy import Policy
from batten.reports import render
from batten.reports.legible import cells

COMPOSE = "services:\n" + "".join(f"  {n}:\n    image: registry.example/{n}\n" for n in "abcd")
NAMES = "abcd"


def place(name: str) -> Finding:
    start = COMPOSE.index(f"  {name}:")
    at = Location("compose.yaml", f"services[{name}]", Span(start + 2, start + 4))
    edit = Edit("compose.yaml", Span(start + 5, start + 5), "    init: true\n")
    return Finding(
        control="container-health-checked",
        case="absent",
        severity=Severity.LOW,
        message=f"`{name}` has no health check",
        at=at,
        fingerprint=f"f-{name}",
        region=Workspace(Path("/r"), {"compose.yaml": COMPOSE}).text("compose.yaml").region(at),
        mend=LazyFix(Fix(f"check the health of {name}", (edit,))),
        advice="Add a health check.",
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, {"compose.yaml": COMPOSE})


@pytest.fixture
def four() -> Outcome:
    return Outcome("review", "/r", Severity.LOW, [place(n) for n in NAMES], files=1)


def test_json_tells_every_place(four: Outcome, workspace: Workspace) -> None:
    report = json.loads(render("json", four, workspace))
    (finding,) = report["findings"]
    assert finding["message"] == "`a`, `b` and 2 more have no health check"
    assert [p["message"] for p in finding["places"]] == [f"`{n}` has no health check" for n in NAMES]
    assert [p["fingerprint"] for p in finding["places"]] == [f"f-{n}" for n in NAMES]
    assert [p["at"]["line"] for p in finding["places"]] == [2, 4, 6, 8]
    assert [p["fix"]["title"] for p in finding["places"]] == [f"check the health of {n}" for n in NAMES]
    of_places = {
        "message",
        "fingerprint",
        "public",
        "value",
        "kin",
        "cause",
    }  # what each place says of itself alone
    told = {"title", "why", "advice"}  # where a place says it, it is of another control
    first = {key: value for key, value in finding["places"][0].items() if key not in of_places | told}
    assert {finding["places"][0][key] for key in told} == {""}
    assert {key: finding[key] for key in first} == first
    assert (report["summary"]["findings"], report["summary"]["places"]) == (1, 4)
    assert report["summary"]["by_severity"]["low"] == 1


def sarif(outcome: Outcome, workspace: Workspace) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(render("sarif", outcome, workspace))["runs"][0]["results"]
    return results


def test_sarif_has_all_places_and_one_fix(four: Outcome, workspace: Workspace) -> None:
    (result,) = sarif(four, workspace)
    lines = [at["physicalLocation"]["region"]["startLine"] for at in result["locations"]]
    assert lines == [2, 4, 6, 8] and result["properties"]["places"] == [f"f-{n}" for n in NAMES]
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert len(change["replacements"]) == 4


def test_sarif_withholds_a_fix_whose_edits_meet(four: Outcome, workspace: Workspace) -> None:
    edits = [Edit("compose.yaml", Span(0, 9), text) for text in ("x", "y")]
    four.findings = [
        replace(f, mend=LazyFix(Fix("t", (edit,)))) for f, edit in zip(four.findings, edits, strict=False)
    ]
    (result,) = sarif(four, workspace)
    assert "fixes" not in result


def test_a_fingerprint_changes_with_each_place_that_is_added(four: Outcome, workspace: Workspace) -> None:
    marks = []
    for count in range(1, 5):
        some = replace(four, findings=four.findings[:count])
        (result,) = sarif(some, workspace)
        (issue,) = json.loads(render("gitlab", some, workspace))
        (finding,) = json.loads(render("json", some, workspace))["findings"]
        marks.append((result["partialFingerprints"]["batten/v2"], issue["fingerprint"]))
        assert finding["fingerprint"] == marks[-1][0]
    assert marks[0][0] == "f-a" and len(set(marks)) == 4


def test_a_new_place_beside_standing_ones_is_a_finding_of_its_own(
    four: Outcome, workspace: Workspace
) -> None:
    four.findings = [replace(f, state=State.STANDING) for f in four.findings[:3]] + four.findings[3:]
    found = json.loads(render("json", four, workspace))["findings"]
    assert [(f["state"], len(f["places"])) for f in found] == [("standing", 3), ("new", 1)]


def test_junit_gitlab_markdown_and_html_name_every_place(four: Outcome, workspace: Workspace) -> None:
    (case,) = ElementTree.fromstring(render("junit", four, workspace)).findall(".//testcase/failure")
    assert case.text is not None and all(f"compose.yaml:{line}" in case.text for line in (2, 4, 6, 8))
    (issue,) = json.loads(render("gitlab", four, workspace))
    assert [at["lines"]["begin"] for at in issue["other_locations"]] == [4, 6, 8]
    text = render("markdown", four, workspace)
    assert "1 finding in 4 places." in text and all(f"#L{line}" in text for line in (2, 4, 6, 8))
    page = render("html", four, workspace)
    assert "3 more places" in page and "1 finding in 4 places" in page
    assert page.count("<h3>") == 1 and page.count("health of") == 4


def test_the_terminal_names_the_first_places_and_all_of_them_when_asked(
    four: Outcome, workspace: Workspace
) -> None:
    four.findings += [
        replace(place("d"), fingerprint=str(n), at=Location(f"{n}.yaml", "p")) for n in range(9)
    ]
    four.findings = [replace(f, region=None) if f.at.span is None else f for f in four.findings]
    text = render("terminal", four, workspace)
    assert "`a`, `b` and 2 more have no health check" in text
    assert "also   at compose.yaml:4, compose.yaml:6, compose.yaml:8 and 9 more" in text
    assert "1 finding in 13 places: 1 low" in text
    assert "8.yaml" not in text and "8.yaml" in render("terminal", four, workspace, verbose=True)


def test_a_hundred_findings_fit_on_two_screens(tmp_path: Path) -> None:
    services = "".join(
        f"  s{n}:\n    image: redis:{n % 3 + 5}\n    user: root\n    privileged: {str(n % 2 == 0).lower()}\n"
        f"    ports: ['{6000 + n}:6379']\n    environment: {{REDIS_PASSWORD: p4ss-of-{n}-longer}}\n"
        for n in range(30)
    )
    files = {"compose.yaml": f"services:\n{services}", "dev/compose.yaml": f"services:\n{services}"}
    workspace = Workspace(tmp_path, files)
    result = review(workspace, Policy())
    outcome = Outcome("review", "/r", Severity.LOW, result.findings, files=2)
    assert len(outcome.active) > 150
    lines = render("terminal", outcome, workspace, width=100).splitlines()
    assert len(lines) <= 80 and max(map(cells, lines[:-3])) <= 100
    assert lines[0].startswith(f"── what to do first: {len(outcome.causes)} findings in ")
    numbered = [line.split()[0] for line in lines if line.split() and line.split()[0].isdigit()]
    controls = {cause.lead.control for cause in outcome.causes if cause.severity > Severity.INFO}
    assert numbered[: len(controls)] == [str(n) for n in range(1, len(controls) + 1)] and len(controls) < 10
    listed = [line.split(" · ")[0].strip() for line in lines[2 : 2 * len(controls) + 1 : 2]]
    assert sorted(listed) == sorted(controls)  # each has one place, however many services it is wrong in
    assert any(" more of this control" in line for line in lines[: 2 * len(controls) + 1])
    full = render("terminal", outcome, workspace, verbose=True)
    assert full.count("CRITICAL") > 30


def test_what_a_file_declares_and_a_probe_saw_is_listed_once(workspace: Workspace) -> None:
    def cause(number: int, environment: str = "") -> Finding:
        made = replace(place("a"), control=f"control-{number}", fingerprint=f"{number}{environment}", why="w")
        return replace(made, environment=environment, mend=None, severity=Severity.MEDIUM)

    declared = [cause(n) for n in range(12)]
    found = joined([*declared, cause(0, "staging"), cause(99, "staging")])
    outcome = Outcome("check", "/r", Severity.LOW, found)
    listed = render("terminal", outcome, workspace).split("\n\n")[0]
    assert listed.count("control-0 ·") == 1 and listed.count("seen live") == 1
    assert "control-99 ·" in listed

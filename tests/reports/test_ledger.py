"""What each format says of the ledger."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from batten.engine.ledger import Ledger, Read, Reason, Together, Unread, Why
from batten.engine.outcome import EnvironmentOutcome, ExitCode, Outcome
from batten.formats import Workspace
from batten.model import Context, Severity
from batten.reports import FORMATS, render
from batten.reports.ledger import summary
from days import judged_on

PRODUCTION = Context.PRODUCTION
LEDGER = Ledger(
    read=(Read("edge/nginx.conf", ("nginx",), PRODUCTION), Read("c.yaml", ("compose",), PRODUCTION, False)),
    unread=(
        Unread("app/<settings>.py", "Django settings", Why.NO_READER, PRODUCTION, True),
        Unread("tests/settings.py", "Django settings", Why.NO_READER, Context.TEST, False),
    ),
    unknown={Reason.VARIABLE: 2, Reason.OUTSIDE: 1},
    apart=4,
    left_out={"node_modules/": 3},
    together=(Together(("c.yaml", "c.prod.yaml"), PRODUCTION, "deploy.sh:3"),),
)


@pytest.fixture
def outcome() -> Outcome:
    return Outcome("review", "/r", Severity.LOW, ledger=LEDGER)


def test_it_is_summed_up_in_one_line() -> None:
    assert summary(LEDGER) == "2 files read (1 in part) · 1 that matters not read · 3 settings unknown"
    assert summary(Ledger()) == "0 files read"


@pytest.mark.parametrize("form", [f for f in FORMATS if f != "gitlab"])
def test_every_format_sums_it_up(form: str, outcome: Outcome, workspace: Workspace) -> None:
    text = render(form, outcome, workspace).replace("\\", "")
    assert summary(LEDGER) in text


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_what_was_not_read(form: str, outcome: Outcome, workspace: Workspace) -> None:
    text = render(form, outcome, workspace)
    assert "Django settings" in text
    assert "settings>.py" in text or "settings&gt;.py" in text
    if form in ("junit", "html"):
        assert "<settings>" not in text


def test_json_holds_all_of_it(outcome: Outcome, workspace: Workspace) -> None:
    told = json.loads(render("json", outcome, workspace))["ledger"]
    assert told["read"][1] == {
        "path": "c.yaml",
        "technologies": ["compose"],
        "context": "production",
        "whole": False,
    }
    assert [(one["why"], one["counts"]) for one in told["unread"]] == [
        ("no-reader", True),
        ("no-reader", False),
    ]
    assert told["together"] == [
        {"files": ["c.yaml", "c.prod.yaml"], "context": "production", "shown": "deploy.sh:3"}
    ]
    assert told["unknown"] == {"variable": 2, "outside": 1} and told["unknown_apart"] == 4
    assert told["left_out"] == {"node_modules/": 3}


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_shows_a_password_of_an_address(form: str, workspace: Workspace) -> None:
    part = "git::https://alice:hunter2-hunter2@git.example.com/a.git"
    unread = (Unread("main.tf", "Terraform module", Why.ELSEWHERE, PRODUCTION, True, part),)
    text = render(form, Outcome("review", "/r", Severity.LOW, ledger=Ledger(unread=unread)), workspace)
    assert "Terraform module" in text and "hunter2" not in text


def test_a_run_that_reads_no_files_has_none(workspace: Workspace) -> None:
    outcome = Outcome("probe", "/r", Severity.LOW)
    assert json.loads(render("json", outcome, workspace))["ledger"] is None
    assert "read" not in render("terminal", outcome, workspace)


def test_junit_has_properties_and_skipped_cases(outcome: Outcome, workspace: Workspace) -> None:
    root = ElementTree.fromstring(render("junit", outcome, workspace))
    assert (root.attrib["errors"], root.attrib["failures"]) == ("0", "0")
    assert [s.attrib["skipped"] for s in root.iter("testsuite") if s.attrib["name"] == "ledger"] == ["1"]
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase"))
    told = {p.attrib["name"]: p.attrib["value"] for p in root.iter("property")}
    assert told["read: nginx (production)"] == "1" and told["left out: node_modules/"] == "3"


@judged_on("2026-12-01")
def test_sarif_notes_unread_files_and_stays_successful(outcome: Outcome, workspace: Workspace) -> None:
    (run,) = json.loads(render("sarif", outcome, workspace))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"]
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["note"]
    assert run["properties"]["ledger"]["read"][0]["path"] == "edge/nginx.conf"


def test_verbose_tells_of_all_contexts_and_reasons(outcome: Outcome, workspace: Workspace) -> None:
    text = render("terminal", outcome, workspace, verbose=True)
    for said in (
        "tests/settings.py  Django settings (test)",
        "2 × setting decided by a variable",
        "left out: node_modules/",
    ):
        assert said in text
    assert "tests/settings.py" not in render("terminal", outcome, workspace)


def test_nothing_is_assessed_without_a_file_or_an_answer() -> None:
    nothing = Outcome("check", "/r", Severity.LOW, ledger=Ledger())
    assert nothing.exit_code is ExitCode.INCOMPLETE and not Outcome("probe", "/r", Severity.LOW).empty
    answered = [EnvironmentOutcome("a", "https://a.example", True)]
    probed = Outcome("check", "/r", Severity.LOW, environments=answered, ledger=Ledger())
    assert not probed.empty and probed.exit_code is ExitCode.CLEAN

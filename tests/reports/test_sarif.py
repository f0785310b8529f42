"""SARIF as its readers see it; the log is validated by Microsoft's own multitool."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batten.controls import all_controls, judges_of
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Edit, Severity, Span
from batten.reports.references import first_published, home
from batten.reports.sarif import render
from multitool import validated

ROOT = Path(__file__).parents[2]
# No site of ours exists yet to point at; and what is seen on the wire has no line.
ACCEPTED = {"SARIF2005", "SARIF2017"}


def results(outcome: Outcome, workspace: Workspace) -> dict[str, dict[str, Any]]:
    run = json.loads(render(outcome, workspace))["runs"][0]
    return {r["ruleId"]: r for r in run["results"] if "suppressions" not in r}


def test_the_multitool_finds_nothing_wrong(outcome: Outcome, workspace: Workspace, tmp_path: Path) -> None:
    verdicts = validated(render(outcome, workspace), tmp_path)
    assert [v for v in verdicts if v[0] not in ACCEPTED] == []


def test_the_multitool_accepts_nasty_strings(everywhere: Callable[[str], Outcome], tmp_path: Path) -> None:
    log = render(everywhere("<a b>\\%zz\x00\x1b\u202e😀#?[x]\udcff:/"), Workspace(tmp_path))
    assert [v for v in validated(log, tmp_path) if v[1] == "error"] == []


def test_the_multitool_rejects_what_is_wrong(outcome: Outcome, workspace: Workspace, tmp_path: Path) -> None:
    log = render(outcome, workspace).replace('"startLine": 2', '"startLine": -2')
    assert [v for v in validated(log, tmp_path) if v[1] == "error"]


def test_columns_are_utf16_code_units(outcome: Outcome, workspace: Workspace) -> None:
    place = results(outcome, workspace)["cookie-flags"]["locations"][0]["physicalLocation"]
    assert place["region"] == {
        "startLine": 1,
        "startColumn": 8,
        "endLine": 1,
        "endColumn": 9,
        "snippet": {"text": "v"},
    }


def test_a_fix_replaces_exactly_its_span(outcome: Outcome, workspace: Workspace) -> None:
    change = results(outcome, workspace)["tls-required"]["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"] == {"uri": "edge/nginx.conf", "uriBaseId": "%SRCROOT%"}
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 12},
            "insertedContent": {"text": "return 308 https://$host$request_uri;"},
        }
    ]


def test_a_fix_that_repeats_the_secret_is_withheld(outcome: Outcome, workspace: Workspace) -> None:
    text = workspace.text("a b/compose.yaml").text
    finding = outcome.findings[0]
    assert finding.fix is not None
    object.__setattr__(finding.fix, "edits", (Edit("a b/compose.yaml", Span(0, len(text)), text + "# x\n"),))
    assert "fixes" not in results(outcome, workspace)["secret-not-inline"]
    assert "hunter2" not in render(outcome, workspace)


def test_paths_are_encoded_and_secrets_are_no_snippet(outcome: Outcome, workspace: Workspace) -> None:
    place = results(outcome, workspace)["secret-not-inline"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/compose.yaml"
    assert place["region"]["snippet"] == {"text": "•••"}


def test_a_live_finding_carries_its_exchange(outcome: Outcome, workspace: Workspace) -> None:
    result = results(outcome, workspace)["banner-hidden"]
    location = result["locations"][0]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "https://staging.example.com/v1/orders?q='a%20b'"}
    }
    assert result["webRequest"]["headers"]["Authorization"] == "•••"
    assert result["webResponse"]["statusCode"] == 200
    assert result["properties"]["environment"] == "staging"


def test_states_waivers_and_levels(outcome: Outcome, workspace: Workspace) -> None:
    found = results(outcome, workspace)
    states = {slug: r["baselineState"] for slug, r in found.items()}
    assert (states["tls-required"], states["banner-hidden"], states["csp-sent"]) == (
        "new",
        "unchanged",
        "new",
    )
    assert found["secret-not-inline"]["level"] == "error" and found["csp-sent"]["level"] == "note"
    every = json.loads(render(outcome, workspace))["runs"][0]["results"]
    waived = [r["suppressions"] for r in every if "suppressions" in r]
    assert waived == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "a test machine (alice, until 2027-01-31)",
            }
        ]
    ]


def test_problems_are_notifications(outcome: Outcome, workspace: Workspace) -> None:
    invocation = json.loads(render(outcome, workspace))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False and invocation["exitCode"] == 1
    first = invocation["toolExecutionNotifications"][0]
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}
    assert len(invocation["toolExecutionNotifications"]) == 5


def test_a_review_says_nothing_of_states_it_did_not_compare(workspace: Workspace, outcome: Outcome) -> None:
    outcome.command, outcome.past = "review", []
    assert all("baselineState" not in r for r in results(outcome, workspace).values())
    clean = json.loads(render(Outcome("review", "/r", Severity.LOW), workspace))["runs"][0]
    assert clean["results"] == [] and clean["invocations"][0]["executionSuccessful"] is True


def test_every_rule_has_a_help_page() -> None:
    for slug in all_controls():
        pages = [first_published(judge.references) for judge in judges_of(slug)]
        assert any(page.startswith("https://") for page in pages), slug


def test_references_are_linked(outcome: Outcome, workspace: Workspace) -> None:
    rules = json.loads(render(outcome, workspace))["runs"][0]["tool"]["driver"]["rules"]
    rule = next(rule for rule in rules if rule["id"] == "tls-required")
    assert rule["helpUri"].startswith("https://")
    assert f"]({rule['helpUri']})" in rule["help"]["markdown"]


def test_the_project_is_named_where_the_package_says_it(
    outcome: Outcome, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "batten-9.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: batten\nVersion: 9\nProject-URL: Homepage, https://batten.invalid/\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    home.cache_clear()
    driver = json.loads(render(outcome, workspace))["runs"][0]["tool"]["driver"]
    home.cache_clear()
    assert driver["informationUri"] == "https://batten.invalid/"


def test_a_live_place_is_named_with_its_system(outcome: Outcome, workspace: Workspace) -> None:
    (place,) = results(outcome, workspace)["banner-hidden"]["locations"]
    pointer = "GET /v1/orders?q='a%20b' response.headers[server]"
    assert place["logicalLocations"] == [
        {
            "name": pointer,
            "fullyQualifiedName": f"https://staging.example.com {pointer}",
            "kind": "resource",
        }
    ]

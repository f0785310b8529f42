"""JSON, JUnit, Markdown, HTML and GitLab: what each says of the same outcome."""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from batten.engine.outcome import EnvironmentOutcome, Outcome, Withheld
from batten.formats import Workspace
from batten.model import Finding, Location, Problem, Severity
from batten.reports import concise, github, gitlab, html, junit, markdown, render, sarif
from batten.reports import json as json_report
from batten.reports.evidence import curl
from days import judged_on


def test_json_decodes_into_its_schema(outcome: Outcome, workspace: Workspace) -> None:
    report = msgspec.json.decode(json_report.render(outcome, workspace), type=json_report.JsonReport)
    assert (report.version, report.summary.exit_code, report.summary.by_severity["high"]) == (1, 1, 2)
    finding = next(f for f in report.findings if f.at.path == "edge/nginx.conf" and f.at.line == 2)
    assert (finding.at.path, finding.at.line, finding.state, finding.remedy) == (
        "edge/nginx.conf",
        2,
        "regressed",
        "RedirectToTls",
    )
    assert finding.fix is not None and finding.fix.edits[0].text.startswith("return 308")
    assert report.environments[1].reached is False and report.past[0].state == "fixed"


def test_junit_counts_what_it_holds(outcome: Outcome, workspace: Workspace) -> None:
    root = ElementTree.fromstring(junit.render(outcome, workspace))
    for kind, tag in (("failures", "failure"), ("errors", "error")):
        assert int(root.attrib[kind]) == len(root.findall(f".//{tag}"))
    assert sum(int(suite.attrib["skipped"]) for suite in root) == len(root.findall(".//skipped"))
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase"))
    assert {s.attrib["name"] for s in root} >= {"edge/nginx.conf", "staging", "production"}


def test_a_clean_junit_has_a_passing_case(workspace: Workspace) -> None:
    root = ElementTree.fromstring(junit.render(Outcome("review", "/r", Severity.LOW), workspace))
    assert len(root.findall(".//testcase")) == 1 and root.attrib["failures"] == "0"


def test_markdown_links_lines_and_shows_diffs(outcome: Outcome, workspace: Workspace) -> None:
    text = markdown.render(outcome, workspace)
    assert "(a%20b/compose.yaml#L4)" in text
    assert "-\tlisten 80; # 😀 <b>\n+\treturn 308" in text
    assert "<details><summary>1 suppressed finding</summary>" in text


def test_markdown_fits_a_comment(outcome: Outcome, workspace: Workspace) -> None:
    outcome.findings = [replace(outcome.findings[1], case=str(number)) for number in range(500)]
    text = markdown.render(outcome, workspace)
    assert len(text) < 65_536 and "omitted: the comment would be too long" in text


def test_html_allows_its_own_style_and_script_only(outcome: Outcome, workspace: Workspace) -> None:
    text = html.render(outcome, workspace)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = b64encode(sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in unescape(policy[1]) and f"<{tag} " not in text
    assert "url(" not in text and unescape(policy[1]).startswith("default-src 'none';")


def test_html_sets_environments_side_by_side(outcome: Outcome, workspace: Workspace) -> None:
    text = html.render(outcome, workspace).partition('id="matrix"')[2]
    row = re.search(r"<code>banner-hidden</code>.*?</tr>", text, re.DOTALL)
    assert row is not None
    cells = [re.sub("<[^>]+>", " ", c).split() for c in re.findall(r"<td.*?</td>", row[0])]
    assert cells == [["1", "suppressed"], ["low", "×", "1", "1", "standing"], ["not", "assessed"]]


def test_html_links_the_cells_to_findings_that_come_before(outcome: Outcome, workspace: Workspace) -> None:
    text = html.render(outcome, workspace)
    before, _, matrix = text.partition('id="matrix"')
    for anchor, slug in re.findall(r'href="#(f\d+)" data-control="([\w-]+)"', matrix):
        article = before.partition(f'<article id="{anchor}"')[2].partition("</article>")[0]
        assert f"<code>{slug}</code>" in article
    assert set(re.findall('href="#([^"]+)"', text)) <= set(re.findall(' id="([^"]+)"', text))


def test_curl_repeats_the_request_without_its_secrets(outcome: Outcome) -> None:
    command = next(curl(f) for f in outcome.findings if f.environment)
    assert shlex.split(command) == [
        "curl",
        "-si",
        "--path-as-is",
        "-H",
        "Origin: https://evil.example",
        "-H",
        "Authorization: …",
        "https://staging.example.com/v1/orders?q='a%20b'",
    ]


def test_concise_is_a_line_each_worst_first(outcome: Outcome, workspace: Workspace) -> None:
    lines = concise.render(outcome, workspace).splitlines()
    assert lines[0] == "a b/compose.yaml:4:26: critical secret-not-inline a password is written out"
    assert (
        "edge/nginx.conf:2:2: high tls-required content is served over plain HTTP (also at edge/nginx.conf:3)"
        in lines
    )
    assert "edge/nginx.conf:2: problem: an include was not found; add the file" in lines
    assert "https://api.example.com: problem: not reached: its state is unknown" in lines
    assert lines[-1].startswith("6 findings at or above the gate (low)")
    assert (
        len(lines) == 6 + 4 + 1 and concise.render(outcome, workspace, quiet=True).splitlines() == lines[:-1]
    )


def test_concise_begins_at_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = Location("deploy/nginx.conf", "p")
    finding = Finding(control="hsts-sent", severity=Severity.LOW, message="m", at=at, fingerprint="f")
    outcome = Outcome("review", str(tmp_path), Severity.LOW, [finding])
    (tmp_path / "deploy").mkdir()
    for here, place in (("deploy", "../deploy/nginx.conf"), (".", "deploy/nginx.conf")):
        monkeypatch.chdir(tmp_path / here)
        assert concise.render(outcome, Workspace(tmp_path)).startswith(f"{place}: low hsts-sent m\n")
    monkeypatch.chdir(tmp_path)
    outcome.root = str(tmp_path / "deploy")
    outcome.findings = [replace(finding, at=Location("::error::x.conf", "p"))]
    assert concise.render(outcome, Workspace(tmp_path)).startswith("deploy/::error::x.conf: low")
    monkeypatch.chdir(tmp_path / "deploy")
    assert concise.render(outcome, Workspace(tmp_path)).startswith("./::error::x.conf: low")


def test_github_annotates_worst_first_and_escapes(outcome: Outcome, workspace: Workspace) -> None:
    lines = github.render(outcome, workspace).splitlines()
    assert lines[0] == (
        "::error file=a b/compose.yaml,line=4,endLine=4,col=26,title=secret-not-inline (critical)::"
        "a password is written out."
    )
    kinds = [line.split(" ")[0] for line in lines if line.startswith("::")]
    assert kinds == ["::error"] * 3 + ["::warning"] * 5 + ["::notice"] * 2
    assert lines[-1].startswith("batten: 6 findings at or above the gate (low)")


def test_github_properties_and_messages_are_escaped_apart(workspace: Workspace) -> None:
    at = Location("a,b:c%.conf", "p")
    finding = Finding(
        control="hsts-sent", severity=Severity.HIGH, message="50 %, a: b\n::x", at=at, fingerprint="f"
    )
    others = [replace(finding, control=f"control-{n}") for n in range(11)]
    outcome = Outcome("review", "/r", Severity.LOW, [finding, *others])
    lines = github.render(outcome, workspace).splitlines()
    assert lines[0] == "::error file=a%2Cb%3Ac%25.conf,title=hsts-sent (high)::50 %25, a: b%0A::x."
    assert lines[-1] == "batten: GitHub shows 10 annotations of each level; this log has 2 more errors"


def test_github_paths_begin_at_the_top_of_the_checkout(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    finding = Finding(
        control="hsts-sent",
        severity=Severity.LOW,
        message="m",
        at=Location("nginx.conf", "p"),
        fingerprint="f",
    )
    outcome = Outcome("review", str(tmp_path / "deploy"), Severity.LOW, [finding])
    assert "file=deploy/nginx.conf," in github.render(outcome, Workspace(tmp_path))


def test_gitlab_fingerprints_are_unique(outcome: Outcome, workspace: Workspace) -> None:
    outcome.findings += [replace(f, case="another") for f in outcome.findings]
    issues = json.loads(gitlab.render(outcome, workspace))
    assert len({i["fingerprint"] for i in issues}) == len(issues) == 13  # one says what batten.yaml waives
    assert issues[0]["severity"] == "blocker" and issues[0]["location"]["lines"] == {"begin": 4}


def _left() -> Outcome:
    left = Problem(
        "https://h", "left alone", "left alone: GET /reset: its name says so", hint="call it yourself"
    )
    environment = EnvironmentOutcome("staging", "https://h", True, 42, left_alone=(left,))
    return Outcome("probe", "/r", Severity.LOW, environments=[environment])


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "junit", "markdown", "html"])
def test_what_was_left_alone_is_told_and_fails_nothing(form: str, workspace: Workspace) -> None:
    outcome = _left()
    assert outcome.exit_code == 0
    assert "GET /reset: its name says so" in render(form, outcome, workspace).replace("\\:", ":")


@judged_on("2026-12-01")
def test_what_was_left_alone_is_no_error_to_machines(workspace: Workspace) -> None:
    root = ElementTree.fromstring(junit.render(_left(), workspace))
    assert (root.attrib["errors"], root[0].attrib["skipped"]) == ("0", "1")
    (invocation,) = json.loads(sarif.render(_left(), workspace))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"]
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["note"]


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "markdown", "html"])
def test_what_the_policy_keeps_back_is_told(form: str) -> None:
    def told(withheld: Withheld) -> str:
        outcome = Outcome("review", "/r", Severity.LOW, withheld=withheld)
        return " ".join(render(form, outcome, Workspace("/r")).replace("\\", "").split())

    some = Withheld(("banner-hidden", "hsts-sent"), 3)
    assert "batten.yaml turns off banner-hidden, hsts-sent and leaves out 3 files" in told(some)
    assert "lowers 2 findings by its `contexts:`" in told(Withheld(mapped=2)).replace("&#x27;", "'")
    assert "batten.yaml turns off 9 controls" in told(Withheld(tuple(f"control-{n}" for n in range(9))))

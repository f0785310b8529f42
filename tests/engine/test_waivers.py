from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from batten.engine.baseline import BaselineProblem, baseline_text, read_baseline
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.model import Finding
from batten.policy import Policy, PolicyProblem
from batten.policy.load import parse_policy
from days import judged_on

SERVER = "server {{\n    listen 127.0.0.1:80;\n{before}    server_tokens on;{after}\n}}\n"
TODAY = date(2026, 11, 24)


def reviewed(root: Path, text: str, policy: Policy | None = None) -> Review:
    return review(Workspace(root, {"nginx.conf": text}), policy or Policy(today=TODAY))


def banner(result: Review) -> Finding:
    (found,) = [f for f in result.findings if f.control == "banner-hidden"]
    return found


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_inline_waiver_holds_on_its_line_and_the_next(place: str, tmp_path: Path) -> None:
    comment = "# batten: ignore[banner-hidden] the insurer's scanner asks for it until 2027-01-31"
    parts = (
        {"before": f"    {comment}\n", "after": ""}
        if place == "before"
        else {"before": "", "after": f"  {comment}"}
    )
    result = reviewed(tmp_path, SERVER.format(**parts))
    suppression = banner(result).suppression
    assert suppression is not None
    assert (suppression.kind, suppression.until) == ("inline", "2027-01-31")
    assert suppression.reason == "the insurer's scanner asks for it"
    assert not [f for f in result.findings if f.control == "waiver-current"]


@pytest.mark.parametrize(
    "comment",
    [
        "# batten: ignore[banner-hidden] it was needed until 2026-01-31",
        "# batten: ignore[banner-hidden] until 2027-01-31",
    ],
)
def test_a_waiver_that_ended_or_gives_no_reason_waives_nothing(comment: str, tmp_path: Path) -> None:
    result = reviewed(tmp_path, SERVER.format(before="", after=f"  {comment}"))
    assert banner(result).suppression is None
    assert [f for f in result.findings if f.control == "waiver-current"]


def test_a_waiver_that_matches_nothing_is_reported(tmp_path: Path) -> None:
    result = reviewed(
        tmp_path, SERVER.format(before="", after="  # batten: ignore[listing-off] reason until 2027-01-31")
    )
    (finding,) = [f for f in result.findings if f.control == "waiver-current"]
    assert "matches no finding" in finding.message and finding.region is not None and finding.region.line == 3


@judged_on("2026-12-01")
def test_a_waiver_in_the_policy_has_an_owner(tmp_path: Path) -> None:
    text = """
version: 1
waivers:
  - {control: banner-hidden, path: "*.conf", reason: known, owner: ops, until: 2999-01-31}
"""
    policy = parse_policy("batten.yaml", text)
    result = review(
        Workspace(tmp_path, {"nginx.conf": SERVER.format(before="", after=""), "batten.yaml": text}), policy
    )
    suppression = banner(result).suppression
    assert suppression is not None and (suppression.kind, suppression.owner) == ("policy", "ops")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("versoin: 1", "no key 'versoin'"),
        ("version: 2", "version 2 is not supported"),
        ("gate: severe", "is not a severity"),
        ("origins: ['*']", "is not an origin"),
        ("environments:\n  a: {url: nowhere}", "needs a url"),
        ("environments:\n  a: {url: 'http://h:99999'}", "Port out of range"),
        ("environments:\n  a: {url: 'http://h', plain: 'http://[::1'}", "Invalid IPv6 URL"),
        ("waivers:\n  - {control: a, until: soon}", "is not a date"),
        ("controls: {csp-sent: {off: ''}}", "needs a reason"),
        ("a: [", "batten.yaml:"),
    ],
)
def test_a_bad_policy_says_where_and_what(text: str, words: str) -> None:
    with pytest.raises(PolicyProblem) as caught:
        parse_policy("batten.yaml", text)
    assert words in str(caught.value) and str(caught.value).startswith("batten.yaml:")


def test_a_baseline_survives_moved_lines_and_renamed_files(tmp_path: Path) -> None:
    text = SERVER.format(before="", after="")
    place = tmp_path / "baseline.json"
    noted, count = baseline_text(reviewed(tmp_path, text).findings)
    assert count > 0
    place.write_text(noted)
    moved = Workspace(tmp_path, {"edge/nginx.conf": "# a comment\n\n" + text})
    result = review(moved, Policy(), baseline=read_baseline(place))
    assert all(f.suppression and f.suppression.kind == "baseline" for f in result.findings)


def test_a_second_finding_of_a_kind_is_not_in_the_baseline(tmp_path: Path) -> None:
    text = SERVER.format(before="", after="")
    place = tmp_path / "baseline.json"
    place.write_text(baseline_text(reviewed(tmp_path, text).findings)[0])
    twice = review(Workspace(tmp_path, {"nginx.conf": text + text}), Policy(), baseline=read_baseline(place))
    assert any(f.suppression is None for f in twice.findings)


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00"])
def test_a_bad_baseline_says_so(content: str, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(content)
    with pytest.raises(BaselineProblem, match="not a baseline"):
        read_baseline(tmp_path / "b.json")

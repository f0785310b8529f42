"""What was assessed in part, or not at all, never looks complete: how much is missing, of what, and why."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from assessed import run
from click.testing import CliRunner
from live_servers import running

from batten.cli import main
from batten.live.exchange import LeftAlone, NotAnswered, Request
from batten.live.runner import Assessment
from batten.live.shortfall import Shortfall
from batten.policy import Environment
from servers import free_port

sys.path.append(str(Path(__file__).parent / "products"))
from product_cases import double

Everything = tuple[int, Mapping[str, str], str]


def _assessed(otherwise: Everything, **more: object) -> Assessment:
    port = free_port()
    with double(port, {}, otherwise):
        return run(Environment("t", f"http://127.0.0.1:{port}", rate=5000, **more))  # type: ignore[arg-type]


def _missed(assessment: Assessment) -> str:
    return "\n".join(problem.message for problem in assessment.not_assessed)


@pytest.mark.parametrize("status", [403, 503])
def test_a_target_that_refuses_everything_is_said_to(status: int) -> None:
    assessment = _assessed((status, {}, "no"))
    assert f"every path is answered with status {status}, whether it exists or not" in _missed(assessment)
    assert assessment.exchanges <= 500


def test_a_target_that_limits_every_request_is_left_alone() -> None:
    assessment = _assessed((429, {"Retry-After": "0"}, "slow down"))
    assert "rejects every request (429)" in _missed(assessment)
    assert assessment.exchanges <= 40
    assert "questions were not answered" in _missed(assessment)


def test_a_target_that_leads_to_another_origin_is_said_to() -> None:
    assessment = _assessed((302, {"Location": "https://www.example.invalid/home"}, ""))
    assert "every path leads to https://www.example.invalid, which is out of scope" in _missed(assessment)


@pytest.mark.parametrize("place", ["/login?next=/", "https://sso.example.invalid/oauth2/authorize"])
def test_a_target_behind_a_login_says_what_was_not_seen(place: str) -> None:
    assessment = _assessed((302, {"Location": place}, ""))
    left = "\n".join(f"{p.message} {p.hint}" for p in assessment.left_alone)
    assert "every path leads to the login" in left and "headers" in left
    assert assessment.not_assessed == []


def test_a_not_found_for_everything_is_an_answer() -> None:
    assert _assessed((404, {}, "nothing")).not_assessed == []
    assert _assessed((401, {"WWW-Authenticate": "Basic"}, "who?")).not_assessed == []


def test_a_closed_malformed_request_is_no_shortfall(tmp_path: Path) -> None:
    """Python's own server closes the connection at a NUL."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running(command, port, tmp_path):
        assert run(Environment("t", f"http://127.0.0.1:{port}", rate=5000)).not_assessed == []


def test_what_a_spent_budget_left_is_counted_and_named() -> None:
    assessment = _assessed((404, {}, "nothing"), budget=100)
    told = _missed(assessment)
    assert re.search(r"not assessed: \d{2,3} of \d{3} questions were not answered: files \d+", told)
    assert "the budget of 100 requests is spent" in told
    assert re.search(r"and \d+ more \(.*files \d+", told)
    assert assessment.exchanges == 100


def test_only_what_was_owed_is_counted() -> None:
    shortfall = Shortfall()
    for number in range(5):
        shortfall.count("files", NotAnswered("x") if number < 3 else None)
    shortfall.count("writes", LeftAlone("y", "z"))
    assert list(shortfall.not_assessed("u")) == []  # nobody said that it matters
    shortfall.note(NotAnswered("x"), "files a", "files")
    assert [p.message for p in shortfall.not_assessed("u")] == [
        "not assessed: 3 of 5 questions were not answered: files 3",
        "not assessed: files a: x",
    ]


@pytest.mark.parametrize(
    ("target", "malformed"),
    [
        ("/%", True),
        ("/%00", True),
        ("/%ff%fe", True),
        ("/" + "a" * 9000, True),
        ("/a%20b?c=%2F", False),
        ("/", False),
    ],
)
def test_which_targets_may_go_unanswered(target: str, malformed: bool) -> None:
    assert Request("GET", "http://h", target=target).malformed is malformed


@contextmanager
def _refusing() -> Iterator[int]:
    port = free_port()
    with double(port, {}, (403, {}, "no")):
        yield port


@pytest.mark.parametrize("form", ["terminal", "json", "html", "sarif", "markdown"])
def test_every_report_says_so_and_the_exit_code_too(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with _refusing() as port:
        options = ["--format", form, "--gate", "critical", "--rate", "5000", "--budget", "60"]
        made = CliRunner().invoke(main, ["probe", f"http://127.0.0.1:{port}", *options])
    assert made.exit_code == 3, made.output
    flat = re.sub(r"\s+", " ", made.output)
    assert "questions were not answered" in flat
    assert "every path is answered with status 403" in flat


def test_a_target_that_is_away_counts_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(main, ["probe", f"http://127.0.0.1:{free_port()}", "--format", "json"])
    report = json.loads(made.output)
    (environment,) = report["environments"]
    first = environment["not_assessed"][0]["message"]
    counts = re.match(r"not assessed: (\d+) of (\d+) questions were not answered", first)
    assert counts is not None and counts[1] == counts[2]
    assert made.exit_code == 3

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from batten.controls import collected
from batten.engine.ledger import Ledger, Read
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Context, Severity
from batten.reports.legible import cells
from batten.reports.terminal import render
from batten.reports.terminal_style import wrap
from days import judged_on

ESCAPES = re.compile(r"\x1b\[[\d;]*m")


def test_a_finding_reads_like_this(outcome: Outcome, workspace: Workspace) -> None:
    blocks = render(outcome, workspace).split("\n\n")
    assert next(b for b in blocks if b.startswith("edge/nginx.conf:2:2")).split("\n") == [
        "edge/nginx.conf:2:2  HIGH  tls-required  · regressed",
        "  content is served over plain HTTP",
        "     2 │ listen 80; # 😀 <b>",
        "       │ ^^^^^^^^^^",
        "  reach  internet → 0.0.0.0:8443 → edge → api",
        "  also   at edge/nginx.conf:3",
        "  fix    redirect plain HTTP to HTTPS (risky, may affect callers over plain HTTP)",
        "         → batten fix --risky --control tls-required",
    ]


def test_a_live_finding_shows_what_was_asked_and_told(outcome: Outcome, workspace: Workspace) -> None:
    text = render(outcome, workspace, verbose=True)
    assert "     │ GET /v1/orders?q='a%20b' → 200\n     │ Server: nginx/1.27.1\n" in text


def test_it_sums_up_last(outcome: Outcome, workspace: Workspace) -> None:
    assert render(outcome, workspace).split("\n")[-4:] == [
        "6 findings: 1 critical, 2 high, 1 medium, 2 low · 1 suppressed · 1 fixed · 2 problems "
        f"· end-of-life data of {collected().isoformat()}",
        "batten can fix 2 of 6 (1 safe, 1 risky): `batten fix --diff` shows how",
        "✘ 6 findings at or above the gate (low); batten.yaml waives 1 finding",
        "",
    ]


@judged_on("2026-12-01")
def test_a_clean_run_is_three_lines(workspace: Workspace) -> None:
    read = tuple(Read(f"{n}.conf", ("nginx",), Context.PRODUCTION) for n in range(3))
    text = render(Outcome("review", "/r", Severity.LOW, files=3, ledger=Ledger(read=read)), workspace)
    data = f"end-of-life data of {collected().isoformat()}"
    assert text == f"0 findings · {data}\n3 files read\n✔ no finding at or above the gate (low)\n"


@pytest.mark.parametrize("width", [40, 60, 100, 140])
def test_colour_changes_no_letter_and_width_holds(width: int, outcome: Outcome, workspace: Workspace) -> None:
    outcome.findings[1] = replace(outcome.findings[1], message="very long " * 60)
    plain = render(outcome, workspace, width=width)
    colored = ESCAPES.sub("", render(outcome, workspace, width=width, color=True))
    assert "\x1b" not in plain
    assert re.sub(r" +", " ", colored) == re.sub(r" +", " ", plain)
    findings = plain.split("──")[0].rstrip().split("\n\n")
    assert max(len(f.split("\n")) for f in findings) <= 9
    body = [line for f in findings for line in f.split("\n")[1:]]
    assert max(cells(line) for line in body) <= width


def test_verbose_lists_the_suppressed(outcome: Outcome, workspace: Workspace) -> None:
    assert "server_tokens is on" not in render(outcome, workspace)
    assert "server_tokens is on" in render(outcome, workspace, verbose=True)


def test_wrap_splits_words_that_are_too_long() -> None:
    assert wrap("ab " + "x" * 25, 10) == ["ab", "x" * 10, "x" * 10, "x" * 5]
    assert wrap("one two three four", 9, 2) == ["one two", "three fo…"]

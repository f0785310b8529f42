"""Ordinary locked servers, by their address alone: a few lines that are true and worth reading, and none of them high.

A finding that a developer of such a server would shrug at is a defect of its control, not of the bound.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from assessed import run
from live_servers import authority, certificate, write_anchor, write_pem
from ordinary_cases import CASES, Ordinary

from batten.engine.causes import Cause, causes
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.policy import Environment, Policy
from proofs import PROOF
from servers import free_port

MOST = 6  # findings of one server
REQUESTS = 500  # of a whole assessment by URL alone
_STARTED = [case for case in CASES if PROOF or case.ci]


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 20
    assert len([case for case in CASES if case.ci]) >= 10


def _causes(assessment: Assessment) -> list[Cause]:
    seen = [Observed(fact.at, "t", fact) for fact in assessment.facts]
    return causes(live_findings(seen, Review(Workspace(Path("/")), Policy())))


@pytest.mark.parametrize("case", _STARTED, ids=[case.name for case in _STARTED])
def test_an_ordinary_server_gets_a_few_lines_and_none_is_high(case: Ordinary, tmp_path: Path) -> None:
    anchor = authority()
    write_pem(tmp_path, certificate(anchor))
    port, ca = free_port(), str(write_anchor(tmp_path, anchor)) if case.tls else ""
    with case.start(tmp_path, port):
        url = f"https://localhost:{port}" if case.tls else f"http://127.0.0.1:{port}"
        assessment = run(Environment("t", url, ca=ca, rate=5000))
    said = [f"{cause.severity.label} {cause.lead.control}: {cause.message}" for cause in _causes(assessment)]
    assert len(said) <= MOST, said
    assert [line for line in said if line.startswith(("high ", "critical "))] == []
    assert {line.split(" ", 2)[1].strip(":") for line in said} <= case.expected
    assert assessment.not_assessed == []
    assert assessment.exchanges <= REQUESTS

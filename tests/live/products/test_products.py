"""Every product of the catalogue, by its address alone: open it is the first thing said, locked nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from assessed import run
from product_cases import Case, behind
from test_harmless import READS
from test_stores import findings

from batten.engine.causes import causes
from batten.engine.review import Review, live_findings
from batten.facts import Observed, Opening
from batten.formats import Workspace
from batten.live.products import PRODUCTS
from batten.live.runner import Assessment
from batten.model import Finding, Severity
from batten.policy import Environment, Policy
from days import judged_on
from proofs import PROOF, turn
from servers import free_port

pytestmark = judged_on("2026-12-01")

_FAMILIES = sorted(
    path.stem for path in Path(__file__).parent.glob("*_cases.py") if path.stem != "product_cases"
)
CASES: tuple[Case, ...] = tuple(case for name in _FAMILIES for case in import_module(name).CASES)
MOST_LINES = 6  # that a locked product gets: it is an ordinary server
MOST_REQUESTS = 500  # of a whole assessment by URL alone
_STARTED = [case for case in CASES if PROOF or case.ci or case.double]
_ids = [case.product for case in _STARTED]


def test_every_row_is_proved_by_a_server_or_a_double() -> None:
    rows, cases = {row.name for row in PRODUCTS}, {case.product for case in CASES}
    assert sorted(rows - cases) == [], (
        "add a case for the row, with a server or a double (tests/live/products)"
    )
    assert sorted(cases - rows) == [], "no row has this name: add it to the catalogue, or remove the case"


def test_the_catalogue_is_large() -> None:
    real = {case.product for case in CASES if not case.double}
    assert len(real) >= 60
    assert len({case.product for case in CASES if case.ci and not case.double}) >= 20


@contextmanager
def _served(case: Case, folder: Path, locked: bool, prefix: str = "") -> Iterator[str]:
    """The URL of a product, below a prefix when there is one."""
    port = free_port()
    edge = bool(prefix) or (locked and case.locked is None)
    start = case.locked if locked and case.locked is not None else case.opened
    with ExitStack() as stack:
        stack.enter_context(start(folder, port))
        if edge:
            (folder / "edge").mkdir()
            upstream, port = port, free_port()
            login = locked and case.locked is None
            stack.enter_context(behind(folder / "edge", port, upstream, f"{prefix}/", login, case.host))
        yield f"http://127.0.0.1:{port}{prefix}{case.path}"


def _assessed(url: str) -> Assessment:
    return run(Environment("t", url.rstrip("/"), rate=5000, timeout=20.0))  # some leave a question unanswered


def _told(assessment: Assessment) -> list[Finding]:
    return [cause.lead for cause in causes(findings(assessment.facts))]


def _said(assessment: Assessment) -> list[Finding]:
    """All that a report says, what is for information included, by the first place of each."""
    seen = [Observed(fact.at, "t", fact) for fact in assessment.facts]
    found = live_findings(seen, Review(Workspace(Path("/")), Policy()))
    return [replace(cause.lead, message=cause.message) for cause in causes(found)]


def _opening(finding: Finding) -> bool:
    return (finding.control, finding.case) in (
        ("console-not-exposed", "product-open"),
        ("store-authenticated", "no-authentication"),
    )


# Behind a prefix, all of them, and doubles, are asked in the proof run only.
_PREFIXED = turn("prefix", [case for case in _STARTED if PROOF or not case.double], 12)
_PLACES = [(case, "") for case in _STARTED] + [(case, "/tools/x") for case in _PREFIXED]


@pytest.mark.parametrize(
    ("case", "prefix"), _PLACES, ids=[f"{c.product}-{'prefix' if p else 'root'}" for c, p in _PLACES]
)
def test_what_is_open_is_the_first_thing_said(case: Case, prefix: str, tmp_path: Path) -> None:
    with _served(case, tmp_path, locked=False, prefix=prefix) as url:
        assessment = _assessed(url)
    openings = [fact for fact in assessment.facts if isinstance(fact, Opening)]
    assert [fact.product for fact in openings] == [case.product]
    told = _told(assessment)
    assert [finding.message for finding in told if _opening(finding)] == [told[0].message]
    assert told[0].severity >= Severity.HIGH and case.product in told[0].message
    assert openings[0].source in told[0].advice
    assert assessment.exchanges <= MOST_REQUESTS + case.documented
    if prefix:
        _only_read(case, tmp_path / "edge" / "asked", prefix)


def _only_read(case: Case, log: Path, prefix: str) -> None:
    """The edge saw no verb that writes, but for the queries that rows name."""
    queries = {f"{read.method} {read.path}" for row in PRODUCTS for read in row.reads if read.method != "GET"}
    known = READS | {"-"}  # "-": a connection without a request
    asked = {line for line in log.read_text().splitlines() if line.partition(" ")[0] not in known}
    assert {line.replace(f" {prefix}/", " /", 1) for line in asked} <= queries, case.product


@pytest.mark.parametrize("case", _STARTED, ids=_ids)
def test_what_is_locked_is_not_said_to_be_open(case: Case, tmp_path: Path) -> None:
    with _served(case, tmp_path, locked=True) as url:
        assessment = _assessed(url)
    assert [fact.product for fact in assessment.facts if isinstance(fact, Opening)] == []
    said = _said(assessment)
    assert len(said) <= MOST_LINES, said
    assert [f.message for f in said if f.severity >= Severity.HIGH and f.control not in case.weak] == []

"""schemathesis passes through each edge as if it were not there: its checks find no more than at the application alone. Here it asks
two operations; in the proof run `tools/harden_schemathesis.py` asks all of every contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deployments import named
from edge_differences import known
from faithful import TOKEN, faithful
from schemathesis_runs import Found, behind, edge_before, found_at
from test_running_edges import EDGES

from batten.engine.hardening.standin import stand_in

NAME, EXAMPLES = "orders", 1
ONLY = ("--phases", "coverage", "--include-path", "/v1/orders")


@dataclass(frozen=True, kw_only=True)
class Alone:
    port: int
    found: Found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with faithful(*named(NAME)) as port:
        found = found_at(f"http://localhost:{port}", NAME, tmp_path_factory.mktemp("alone"), EXAMPLES, *ONLY)
        assert found.errors == 0, found.said
        yield Alone(port=port, found=found)


def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    """Of an application that takes everything."""
    with stand_in(named(NAME)[0], TOKEN, ()) as api:
        found = found_at(f"http://127.0.0.1:{api.port}", NAME, tmp_path, EXAMPLES, *ONLY)
    assert ("ST201", "POST /v1/orders") in found.failures, found.said


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_adds_nothing_wrong(alone: Alone, edge: str, tmp_path: Path) -> None:
    with edge_before(edge, NAME, alone.port) as started:
        found = behind(started, NAME, tmp_path, EXAMPLES, *ONLY)
    added = sorted(found.failures - alone.found.failures)
    left = [row for row in added if not known(edge, *row)]
    assert left == [] and found.errors == 0, found.said
    assert found.cases >= alone.found.cases // 2 > 10

"""schemathesis passes through each edge as if it were not there: its checks find no more than at the application alone. The proof run
asks every operation of every contract (`tools/harden_schemathesis.py` does more examples)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deployments import CONTRACTS, named
from edge_differences import known
from faithful import faithful
from schemathesis_runs import Found, behind, edge_before, found_at
from test_running_edges import EDGES

from proofs import PROOF

EXAMPLES = 5 if PROOF else 1
ONLY = () if PROOF else ("--phases", "coverage", "--include-path", "/v1/orders")


@dataclass(frozen=True, kw_only=True)
class Alone:
    name: str
    port: int
    found: Found


@pytest.fixture(scope="module", params=list(CONTRACTS) if PROOF else ["orders"])
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    name = str(request.param)
    with faithful(*named(name)) as port:
        found = found_at(f"http://localhost:{port}", name, tmp_path_factory.mktemp("alone"), EXAMPLES, *ONLY)
        assert found.errors == 0, found.said
        yield Alone(name=name, port=port, found=found)


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_adds_nothing_wrong(alone: Alone, edge: str, tmp_path: Path) -> None:
    with edge_before(edge, alone.name, alone.port) as started:
        found = behind(started, alone.name, tmp_path, EXAMPLES, *ONLY)
    added = sorted(found.failures - alone.found.failures)
    left = [row for row in added if not known(edge, *row)]
    assert left == [] and found.errors == 0, found.said
    assert found.cases >= alone.found.cases // 2 > 10

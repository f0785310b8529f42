"""Makes the servers of tests/live importable, and a report that a real run made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from batten.engine.check import Order, check
from batten.formats import Workspace
from batten.policy import Policy
from batten.policy.load import load_policy
from batten.reports import render

sys.path.insert(0, str(Path(__file__).parents[2] / "live"))
EXAMPLE = Path(__file__).parents[3] / "examples" / "orders"


def checked(root: Path, *only: str) -> bytes:
    """The JSON report of the files of a folder."""
    found = root / "batten.yaml"
    policy = load_policy(found) if found.exists() else Policy()
    outcome = check(root, policy, Order(only, probe=False, history=False))
    return render("json", outcome, Workspace(root)).encode()


@pytest.fixture(scope="session")
def report() -> bytes:
    return checked(EXAMPLE)

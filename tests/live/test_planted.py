"""Stacks of tests/stacks/planted on the wire: the faults that show there are found, and the locked state is silent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import planted_stacks as stacks
import pytest
from assessed import run

from batten.contract import load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.model import Finding
from batten.policy import Environment, Policy
from proofs import PROOF

Start = Callable[[Path, str], AbstractContextManager[stacks.Stack]]

HEADERS = {"hsts-sent", "nosniff-sent", "csp-sent", "framing-denied", "referrer-policy-sent"}
CASES = [
    pytest.param(
        stacks.orders,
        "redis",
        "https://shop.orders.example",
        HEADERS
        | {
            "console-not-exposed",  # the environment
            "cookie-flags",
            "cors-credentials-narrow",
            "error-free-of-traces",
            "operations-authenticated",
            "store-authenticated",
        },
        id="orders-express",
    ),
    pytest.param(
        stacks.parcels,
        "postgresql",
        "https://track.parcels.example",
        HEADERS
        | {
            "banner-hidden",
            "console-not-exposed",  # nginx's status, and Django's administration
            "cors-credentials-narrow",
            "debug-off",
            "listing-off",
            "operations-authenticated",
            "tls-ciphers",
            "tls-required",
            "tls-version",
        },
        id="parcels-django",
        marks=pytest.mark.skipif(not PROOF, reason="it takes a quarter of a minute: make proof"),
    ),
]


BUDGET = 2000 if PROOF else 400  # requests to each: what matters is asked first


def seen(start: Start, state: str, store: str, origin: str, folder: Path) -> list[Finding]:
    """What is found on the wire in a state of a stack."""
    with start(folder, state) as stack:
        contract = load(Workspace(stack.folder), "openapi.yaml")[0]
        scheme = "rediss" if (store, state) == ("redis", "locked") else store
        environment = Environment(
            "test",
            stack.url,
            plain=stack.plain,
            ca=stack.ca,
            stores=(f"{scheme}://localhost:{stack.store}",),
            rate=5000,
            budget=BUDGET,
        )
        assessment = run(environment, contract, (origin,))
        assert assessment.not_assessed == [] or not PROOF
        observed = [Observed(fact.at, "test", fact) for fact in assessment.facts]
        review = Review(Workspace(stack.folder), Policy(origins=(origin,)))
        return live_findings(observed, review)


@pytest.mark.parametrize(("start", "store", "origin", "faults"), CASES)
def test_the_faults_of_a_vulnerable_stack_show_on_the_wire(
    start: Start, store: str, origin: str, faults: set[str], tmp_path: Path
) -> None:
    found = seen(start, "vulnerable", store, origin, tmp_path)
    assert faults - {one.control for one in found} == set()


@pytest.mark.parametrize(("start", "store", "origin", "faults"), CASES)
def test_nothing_is_found_on_the_wire_of_a_locked_stack(
    start: Start, store: str, origin: str, faults: set[str], tmp_path: Path
) -> None:
    found = seen(start, "locked", store, origin, tmp_path)
    assert [(one.control, one.message) for one in found] == []

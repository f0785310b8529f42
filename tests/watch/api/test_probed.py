"""batten on its own service: a probe of the running API finds nothing, and neither does a review of its document."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.check import Order, assess, check
from batten.policy import Environment, Policy
from batten.watch.api import routes
from batten.watch.api.document import PLACE, contract
from watch_api import api
from watch_estate import estate
from watch_stores import sqlite

STAYS = {
    "tls-required": "the server of this test listens without TLS, on loopback",
    "cookie-flags": "browsers send Secure cookies to loopback without TLS only sometimes (access/cookies.py)",
}


def test_a_probe_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "RATES", ())
    database = sqlite(tmp_path)
    estate(database, 3)
    with api(database, tmp_path) as service:
        login = {"Authorization": f"Bearer {service.lasting_token()}"}
        url = service.url.replace("127.0.0.1", "localhost")
        environment = Environment("watch", url, headers=login, active=True, rate=2000, budget=10_000)
        outcome = assess(tmp_path, Policy(), [environment], contract(), ())
    assert outcome.environments[0].exchanges > 500 and not outcome.problems
    assert {finding.control for finding in outcome.findings} <= set(STAYS), [
        f.message for f in outcome.findings
    ]


def test_a_review_of_the_document_finds_nothing() -> None:
    outcome = check(PLACE.parent, Policy(), Order((), probe=False, history=False))
    assert not outcome.findings and not outcome.problems

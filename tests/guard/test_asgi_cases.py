"""The black-box suite against the middleware, but for what its server reads before it does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cases import answers, bodies, framing, origins, targets
from cases.case import SHOP, Case
from guard_apps import Application
from guard_clients import Client
from guard_contracts import contract
from guard_servers import served

from batten.guard.asgi import Guard
from batten.policy import Policy

ALL = framing.CASES + targets.CASES + origins.CASES + bodies.CASES + answers.CASES
SUITE = [case for case in ALL if not case.wire]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[int, Application]]:
    app = Application()
    with served(Guard(app, contract(), Policy(origins=(SHOP,)))) as port:
        yield port, app


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_case(pair: tuple[int, Application], case: Case) -> None:
    port, app = pair
    app.forget()
    client = Client(port)
    client.send(case.sent)
    seen = [client.answer(case.sent.startswith(b"HEAD")) for _ in case.statuses]
    client.close()
    assert tuple(answer.status for answer in seen) == case.statuses
    last = seen[-1]
    assert case.reaches in (-1, len(app.seen))
    assert all(wanted in last.head for wanted in case.shows)
    assert not any(unwanted in last.head for unwanted in case.hides)
    assert all(wanted in app.raw for wanted in case.got)
    assert not any(unwanted in app.raw.lower() for unwanted in case.got_not)
    assert case.body is None or last.body == case.body

"""The black-box suite against the proxy, its upstream being raw bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cases import answer_bodies, answer_headers, answers, bodies, bodies_of, framing, origins, shapes, targets
from cases.case import Case
from guard_clients import played
from guard_proxies import settings, working
from guard_upstream import Upstream, upstream

SUITE = (
    framing.CASES
    + targets.CASES
    + origins.CASES
    + bodies.CASES
    + bodies_of.CASES
    + answers.CASES
    + answer_headers.CASES
    + answer_bodies.CASES
    + shapes.CASES
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Upstream]]:
    folder = tmp_path_factory.mktemp("proxy")
    with upstream() as behind, working(settings(folder, behind.port)) as (port, _):
        yield port, behind


def test_names_are_unique() -> None:
    names = [case.name for case in SUITE]
    assert len(set(names)) == len(names) > 250


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_case(pair: tuple[int, Upstream], case: Case) -> None:
    port, behind = pair
    behind.forget()
    seen = played(port, case)
    assert tuple(answer.status for answer in seen) == case.statuses
    last = seen[-1]
    raw = b"".join(behind.raw)
    assert last.whole is not case.cut
    assert case.reaches in (-1, len(behind.seen)) and not behind.unread
    for wanted in case.shows:
        assert wanted in last.head
    for unwanted in case.hides:
        assert unwanted not in last.head + (last.body if last.status >= 400 else b"")
    for wanted in case.got:
        assert wanted in raw
    for unwanted in case.got_not:
        assert unwanted not in raw.lower()
    if case.body is not None:
        assert last.body == case.body
    if last.status >= 400 and b"problem+json" in last.head and case.reaches == 0:
        assert len(last.body) == (0 if case.sent.startswith(b"HEAD") else 512)

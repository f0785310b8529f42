"""One suite for all edges: each case is asked of each running engine, and what is otherwise must be a known exception."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

import pytest
from edge_exceptions import EXCEPTIONS, WAITS
from edge_handshakes import HANDSHAKES, is_taken
from edge_runner import PATIENCE, RunningEdge, difference, running
from edge_suite import COUNT, GROUPS

from batten.engine.hardening.edge_alone import program_of
from needs import without

BRIEF = 0.2  # seconds, where it is known that no answer comes


NEWEST = "nginx 1.31"  # what is rendered for it differs


@pytest.fixture(scope="module", params=[*EXCEPTIONS, NEWEST])
def edge(request: pytest.FixtureRequest) -> Iterator[RunningEdge]:
    engine, _, version = str(request.param).partition(" ")
    wanted = tuple(map(int, version.split("."))) if version else (1, 18)
    with running(engine, program_of(engine) or without(engine), wanted) as started:
        yield started


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")  # what is refused
def test_every_edge_takes_the_same_handshakes(edge: RunningEdge) -> None:
    wrong = [shake.title for shake in HANDSHAKES if is_taken(edge.tls, edge.ca, shake) != shake.taken]
    assert wrong == []


@cache
def excepted(engine: str) -> dict[str, str]:
    """By the names of cases."""
    names = [case.name for cases in GROUPS.values() for case in cases]
    return {
        name: exception.what
        for exception in EXCEPTIONS[engine]
        for pattern in exception.cases
        for name in names
        if name == pattern or fnmatchcase(name, pattern)
    }


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    names = [case.name for cases in GROUPS.values() for case in cases]
    assert len(names) == len(set(names)) == COUNT >= 200


@pytest.mark.parametrize("group", GROUPS)
def test_every_edge_does_what_it_must(edge: RunningEdge, group: str) -> None:
    known = excepted(edge.engine)
    found = {}
    for case in GROUPS[group]:
        patience = BRIEF if known.get(case.name) == WAITS else PATIENCE
        found[case.name] = difference(edge, case, patience)
    wrong = {name: what for name, what in found.items() if what}
    # What an edge is slow to answer may come in time, after all.
    late = {name for name, what in known.items() if what == WAITS and name not in wrong}
    assert wrong == {name: what for name, what in known.items() if name in found and name not in late}

"""Active environments without a place for notes are not active; what earlier runs left is asked of approved addresses alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from batten.engine.creations import left_over, noting, removed
from batten.files import state_of
from batten.live.assessment import Target
from batten.live.writing.created import Writing
from batten.live.writing.journal import Journal
from batten.model import Problem
from batten.policy import Environment, Policy

ACTIVE = Environment("x", "http://127.0.0.1:9", active=True)


def test_without_state_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "inside"))
    problems: list[Problem] = []
    with noting([Target(ACTIVE)], str(tmp_path), problems) as targets:
        assert [(t.environment.active, t.note) for t in targets] == [(False, None)]
    assert "verbs that change data were not sent" in problems[0].message


def test_passive_targets_keep_no_notes(tmp_path: Path) -> None:
    with noting([Target(replace(ACTIVE, active=False))], str(tmp_path), []) as targets:
        assert targets[0].note is None


@pytest.mark.parametrize(
    ("environments", "why"),
    [
        ([], "no approved environment `shop`"),
        ([Environment("shop", "http://127.0.0.2:9")], "no approved environment `shop` at this address"),
    ],
)
def test_what_is_not_approved_any_more_is_not_asked(
    environments: list[Environment], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("an address was asked that is not approved")

    monkeypatch.setattr("batten.engine.creations.clean_up", asked)
    journal = Journal(state_of(str(tmp_path.resolve())))
    journal.note("shop", "http://127.0.0.1:9")((Writing("POST", "http://127.0.0.1:9/items"),))
    assert left_over(tmp_path) == 0  # the run goes on
    busy = removed(tmp_path, Policy(), environments, Environment("", ""))
    assert "still going on" in busy.environments[0].not_assessed[0].message
    journal.close()
    assert left_over(tmp_path) == 1
    outcome = removed(tmp_path, Policy(), environments, Environment("", ""))
    assert why in outcome.environments[0].not_assessed[0].message
    assert left_over(tmp_path) == 1

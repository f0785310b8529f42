"""A dry run says what a run asks: each question of a real one is in it, or in a probe that it names; and it connects to nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from live_servers import nginx

from batten.cli.probe import command
from batten.contract import Contract, load
from batten.formats import Workspace
from batten.live.assessment import Target, run_all
from batten.live.calls import survey_of
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Steps
from batten.live.probes import stages, transport
from batten.live.rehearsal import Planned, Rehearsal, _planned, rehearse
from batten.live.survey import Survey
from batten.live.writing.labels import Label
from batten.policy import Environment
from servers import application, free_port
from waiting import BOUND


def _refused(*args: object, **options: object) -> NoReturn:
    raise AssertionError("a dry run touched the network")


@pytest.fixture
def _guard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, _refused)
    monkeypatch.setattr(socket, "getaddrinfo", _refused)


class Recorder:
    """The questions of a real run, by probe."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: dict[tuple[str, str], list[Planned]] = {}
        planned = transport.plan

        def first(survey: Survey) -> Iterator[Probe]:
            return (self._recorded(probe, survey) for probe in planned(survey))

        def then(survey: Survey) -> Iterator[list[Probe]]:
            return ([self._recorded(probe, survey) for probe in stage] for stage in stages(survey))

        monkeypatch.setattr(transport, "plan", first)
        monkeypatch.setattr("batten.live.runner.stages", then)

    def _recorded(self, probe: Probe, survey: Survey) -> Probe:
        return replace(probe, steps=self._steps(probe, survey))

    def _steps(self, probe: Probe, survey: Survey) -> Steps:
        steps = probe.steps
        answer: Answer | NotAnswered | None = None
        try:
            while True:
                if isinstance(answer, NotAnswered):
                    question: Question = steps.throw(answer)
                else:
                    question = next(steps) if answer is None else steps.send(answer)
                self.asked.setdefault((probe.family, probe.name), []).append(_planned(question, survey))
                try:
                    answer = yield question
                except NotAnswered as error:
                    answer = error
        except StopIteration as end:
            return end.value or ()


def _api() -> FastAPI:
    app = FastAPI()

    @app.get("/orders")
    def orders() -> list[dict[str, int]]:
        return [{"id": 1}]

    @app.get("/orders/{id}")
    def order(id: int) -> dict[str, int]:
        return {"id": id}

    @app.post("/orders")
    def make(name: str) -> dict[str, int]:
        return {"id": 2}

    return app


def _contract() -> Contract:
    return load(Workspace(Path(), {"o.json": json.dumps(_api().openapi())}), "o.json")[0]


def _known(rehearsed: Rehearsal) -> set[Planned]:
    """All that it lists: what one probe has asked, another one of the run does not ask again."""
    return {one for row in rehearsed.probes for one in (*row.planned, *row.possible, *row.withheld)}


def _compared(rehearsed: Rehearsal, recorder: Recorder) -> tuple[int, int]:
    """Questions of the run that the dry run lists, of all. Every planned one was asked, by a probe of this name."""
    probes = {(probe.family, probe.name): probe for probe in rehearsed.probes}
    known, listed, every = _known(rehearsed), 0, 0
    for (family, name), asked in recorder.asked.items():
        probe = probes.get((family, name))
        listed += sum(one in known for one in asked)
        every += len(asked)
        if probe is None:  # the first answers decided what it asks
            assert any(row.family == family for row in rehearsed.probes)
            continue
        assert list(probe.planned[:1]) == asked[: len(probe.planned[:1])]
        assert set(probe.planned) <= set(asked)
    return listed, every


@pytest.mark.parametrize("active", [False, True])
def test_a_run_asks_what_its_dry_run_lists(active: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    app, contract = _api(), _contract()
    label = Label("batten-0123456789", "x-9-X")
    monkeypatch.setattr("batten.live.targets.fresh_label", lambda: label)
    with application(app) as port:
        url = f"http://127.0.0.1:{port}"
        environment = Environment("x", url, rate=5000, timeout=BOUND, active=active)
        rehearsed = rehearse(survey_of(environment, contract, label=label))
        recorder = Recorder(monkeypatch)
        run_all([Target(environment, contract)], lambda _, found: found)
    listed, every = _compared(rehearsed, recorder)
    assert every > 300
    assert listed > 0.9 * every


def test_a_server_without_a_contract_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    environment = Environment("x", f"http://127.0.0.1:{port}", rate=5000, timeout=BOUND)
    rehearsed = rehearse(survey_of(environment, None))
    recorder = Recorder(monkeypatch)
    with nginx(tmp_path, port, f"server {{ listen 127.0.0.1:{port}; return 404; }}"):
        run_all([Target(environment)], lambda _, found: found)
    listed, every = _compared(rehearsed, recorder)
    assert listed > 0.9 * every


def test_nothing_is_dialled_and_no_name_is_resolved(_guard: None, tmp_path: Path) -> None:
    targets = ["https://api.example.com", "redis://cache.example.com", "smtp://mail.example.com"]
    made = CliRunner().invoke(command, [*targets, "--dry-run", "--format", "json"])
    assert made.exit_code == 0, made.output
    report = json.loads(made.stdout)
    names = {target["name"]: target for target in report["targets"]}
    assert names["redis://cache.example.com"]["hosts"] == ["cache.example.com:6379"]
    api = names["https://api.example.com"]
    assert api["most_requests"] == 2000
    asked = [one for probe in api["probes"] for one in probe["planned"]]
    assert any(one["method"] == "TLS" for one in asked)
    assert all(one["changes"] is False for one in asked)
    assert {one["target"].split("/")[2] for one in asked if one["method"] == "GET"} == {"api.example.com"}


def test_what_changes_something_is_marked_and_credentials_are_named_not_shown(tmp_path: Path) -> None:
    contract = _contract()
    environment = Environment("x", "https://x.test", headers={"Authorization": "Bearer ${NONE}"}, active=True)
    probes = rehearse(survey_of(environment, contract)).probes
    every = [one for probe in probes for one in (*probe.planned, *probe.possible)]
    assert {one.method for one in every if one.changes} >= {"POST"}
    assert not [one for one in every if one.changes and one.method in ("GET", "HEAD", "OPTIONS")]
    assert any(one.credentials for one in every)
    assert "NONE" not in repr(every)
    passive = rehearse(survey_of(Environment("x", "https://x.test"), contract)).probes
    assert not [one for probe in passive for one in (*probe.planned, *probe.possible) if one.changes]


def test_people_read_it(_guard: None) -> None:
    made = CliRunner().invoke(command, ["http://127.0.0.1:9", "--dry-run"])
    assert made.exit_code == 0
    assert "    GET http://127.0.0.1:9/\n" in made.stdout
    assert (
        "http://127.0.0.1:9: " in made.stdout
        and "requests are planned, at most 50 a second, to 127.0.0.1:9 only" in made.stdout
    )
    assert made.stdout.endswith("dry run: nothing was sent\n")


def test_other_formats_are_not_written() -> None:
    made = CliRunner().invoke(command, ["http://127.0.0.1:9", "--dry-run", "--format", "sarif"])
    assert made.exit_code == 2
    assert "--dry-run writes --format terminal or json, not sarif" in made.stderr

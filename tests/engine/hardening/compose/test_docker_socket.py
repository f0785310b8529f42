from __future__ import annotations

import json
import signal
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from deployments import POLICY, contract, image, stack

from batten.engine.hardening.compose.docker import Docker, NoEngine, docker
from batten.engine.hardening.compose.running import ended_late
from batten.engine.hardening.compose.steps import whole_project
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.proof import Step, Verdict
from batten.engine.hardening.subject import Said, Subject
from batten.harden import Options, targets
from batten.harden.intent import Intent
from waiting import BOUND

ANSWERS: dict[str, object] = {
    "/_ping": "OK",
    "/containers/json": [
        {"Names": ["/x-api-1"], "State": "running", "Status": "Up (unhealthy)", "Labels": {"com.docker.compose.service": "api"}},
        {"Names": ["/x-edge-1"], "State": "running", "Status": "Up", "Labels": {"com.docker.compose.service": "edge"}},
        "nonsense",
    ],
    "/networks": [{"Name": "x_inside"}],
    "/volumes": {"Volumes": None},
    "/volumes/x_data": {"Mountpoint": "/var/lib/docker/volumes/x_data/_data"},
    "/images/r.example.com:5000/api:1@sha256:00/json": {},
}  # fmt: skip


@contextmanager
def serving(path: Path) -> Iterator[Docker]:
    """What an engine would answer, over a socket."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def address_string(self) -> str:
            return ""

        def do_GET(self) -> None:
            found = ANSWERS.get(self.path.partition("?")[0])
            body = json.dumps(found).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Docker(path)
        finally:
            server.shutdown()
            thread.join(BOUND)


def test_an_engine_says_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with pytest.raises(NoEngine, match="no Docker Engine answers here"):
        docker()
    with serving(path) as engine:
        assert docker() == engine
        assert engine.has_image("r.example.com:5000/api:1@sha256:00") and not engine.has_image("other")
        assert engine.of_project("x") == ("container x-api-1", "container x-edge-1", "network x_inside")
        assert engine.unwell("x") == ("api",)
        assert engine.mountpoint("x_data") == Path("/var/lib/docker/volumes/x_data/_data")
        assert engine.mountpoint("other") is None
    with pytest.raises(NoEngine, match="does not answer"):
        engine.of_project("x")


def test_an_engine_of_another_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2376")
    with pytest.raises(NoEngine, match="is on another machine"):
        docker()


@pytest.mark.served
def test_a_project_that_cannot_be_started_is_told_and_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    intent = Intent(contract(), POLICY, Options(), stack("valkey"))
    inputs = Inputs(root=tmp_path, policy=POLICY, contract=contract(), contract_file=None)
    made = targets.render("compose", intent)
    subject = Subject(
        target="compose", intent=intent, made=made, inputs=inputs, folder=tmp_path, upstream=None
    )
    assert subject.edge is not None

    def told() -> str:
        ends: list[Said] = []
        ((step, (verdict, (line,))),) = whole_project(subject, subject.edge, ends)
        assert (step, verdict, ends) == (Step.START, Verdict.NOT_ASSESSED, [])
        return line

    assert told().startswith("not started: no Docker Engine answers here")
    with serving(tmp_path / "docker.sock"):
        assert told().startswith(f"not started: images are missing: {image('nginx')}, ")


@pytest.mark.parametrize(
    ("number", "kind"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)],
    ids=["int", "term"],
)
def test_what_was_started_is_taken_down_whoever_asks_again(
    number: signal.Signals, kind: type[BaseException]
) -> None:
    before = signal.getsignal(number)
    down = list[int]()
    with pytest.raises(kind), ended_late():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            down.append(number)
    assert down == [number] and signal.getsignal(number) == before

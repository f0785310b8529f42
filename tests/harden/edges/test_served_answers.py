"""What each edge answers as it runs is what the contract that was written for it declares."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from edge_exceptions import EXCEPTIONS
from edge_runner import EdgeClient

from batten.contract import Contract, Operation, load, told_of
from batten.contract.validators import Validators
from batten.engine.hardening import rendering
from batten.engine.hardening.edge_alone import program_of
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.stack import Stack
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.policy import Policy
from listening import listening
from needs import without
from proofs import turn

SHOP, HOST = "https://shop.example.com", "localhost"
POLICY = Policy(hosts=(HOST,), origins=(SHOP,))
CONTRACT = """openapi: 3.1.0
info: {title: Things, version: '1'}
security: [{token: []}]
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, maxLength: 9000}}]
    get: {responses: {'200': {description: One., content: {application/json: {schema: {type: object}}}}}}
    put:
      requestBody: {content: {application/json: {schema: {type: string, maxLength: 100}}}}
      responses: {'204': {description: Changed.}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
ALWAYS = {
    "400": ("GET", "/things/a%5cb", 0),
    "401": ("GET", "/things/401", 0),
    "403": ("GET", "/things/403", 0),
    "404": ("GET", "/things/404", 0),
    "409": ("GET", "/things/409", 0),
    "405": ("DELETE", "/things/1", 0),
    "413": ("PUT", "/things/1", 90_000),
    "414": ("GET", f"/things/{'a' * 8_100}", 0),
    "500": ("GET", "/things/500", 0),
    "502": ("GET", "/things/nothing", 0),
    "503": ("GET", "/things/503", 0),
    "507": ("GET", "/things/507", 0),
}

# What an engine answers instead (docs/harden.md); none of these statuses is among what its contract declares by name.
OTHERWISE = {
    "envoy": {"414": {"200"}, "502": {"503"}},
    "traefik": {"400": {"404"}, "414": {"200"}},
}


class Api(BaseHTTPRequestHandler):
    """It answers with the status that its path ends with, and a page that shows what nobody should see."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if name == "nothing":
            self.close_connection = True
            return
        body = b"<h1>Traceback (most recent call last)</h1>"
        self.send_response(int(name) if len(name) == 3 else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True, kw_only=True)
class Served:
    """An edge that runs, and the contract that was written for it."""

    engine: str
    contract: Contract
    port: int
    context: ssl.SSLContext

    def operation(self, method: str) -> Operation:
        return next(o for o in self.contract.operations if o.method in (method, "GET"))

    def ask(self, method: str, target: str, size: int) -> tuple[int, dict[str, str], bytes]:
        client = EdgeClient(self.port, self.context, HOST)
        head = f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {SHOP}\r\nConnection: close\r\n"
        told = f"Content-Type: application/json\r\nContent-Length: {size}\r\n" if size else ""
        try:
            client.send(f"{head}{told}\r\n".encode() + b"a" * size)
            answer = client.answer()
        finally:
            client.close()
        lines = (line.partition(b": ") for line in answer.head.split(b"\r\n")[1:] if line)
        return answer.status, {name.decode(): value.decode() for name, _, value in lines}, answer.body


@contextmanager
def api() -> Iterator[int]:
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Api)) as port:
        yield port


@contextmanager
def running(engine: str, rate: int) -> Iterator[Served]:
    program = program_of(engine) or without(engine)
    contract = load(Workspace(Path("/nowhere"), {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]
    with api() as port:
        options = Options(upstream=f"http://127.0.0.1:{port}", body="64k", rate=rate, connections=1_000)
        intent = Intent(contract, POLICY, options, Stack(edge=engine))
        made = rendering.render("contract", intent)
        written = load(Workspace(Path("/nowhere"), dict(made.files)), "openapi.yaml")[0]
        with trial(launch_of(engine), program, intent, lambda placed: render(engine, placed)) as started:
            context = ssl.create_default_context(cafile=str(started.ca))
            port = urlsplit(started.url).port or 0
            yield Served(engine=engine, contract=written, port=port, context=context)


@pytest.fixture(scope="module", params=list(EXCEPTIONS))
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with running(request.param, 10_000) as found:
        yield found


def wrong(served: Served, operation: Operation, answer: tuple[int, dict[str, str], bytes]) -> Iterator[str]:
    """How an answer is not as it is declared."""
    status, headers, body = answer
    declared = told_of(operation, status)
    if declared is None:
        yield f"{status} is not declared"
        return
    if not declared.of_edge:
        yield f"{status} is declared as the API's"
    for name in declared.headers:
        if name.lower() not in headers:
            yield f"{status} has no {name}"
    if not declared.media:
        return
    media = headers.get("content-type", "")
    validator = Validators(served.contract).told(operation, status, media)
    if validator is None:
        yield f"{status} has {media}"
    elif said := validator.explain(json.loads(body)):
        yield f"{status}: {said}"
    if headers.get("access-control-allow-origin") != SHOP:
        yield f"{status} cannot be read by the origin that is listed"


def test_errors_are_those_that_the_contract_declares(served: Served) -> None:
    found = {}
    for status, (method, target, size) in ALWAYS.items():
        answer = served.ask(method, target, size)
        others = {str(answer[0])} - {status}
        if others != OTHERWISE.get(served.engine, {}).get(status, set()):
            found[status] = [f"it is answered {answer[0]}"]
        elif answer[0] >= 400 and (told := list(wrong(served, served.operation(method), answer))):
            found[status] = told
    assert found == {}


@pytest.mark.parametrize("engine", turn("rate", [engine for engine in EXCEPTIONS if engine != "caddy"], 1))
def test_too_many_requests_are_answered_as_the_contract_declares(engine: str) -> None:
    with running(engine, 1) as served:
        answers = [served.ask("GET", "/things/1", 0) for _ in range(12)]
        refused = [answer for answer in answers if answer[0] == 429]
        assert refused and [list(wrong(served, served.operation("GET"), each)) for each in refused] == [
            [] for _ in refused
        ]

"""Calls that contracts document, and bodies as large as their schemas permit, pass every edge; what is larger does not."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from deployments import CONTRACTS, named
from edge_exceptions import EXCEPTIONS
from edge_runner import EdgeClient

from batten.engine.hardening.documented import Call, calls
from batten.engine.hardening.playing import play
from batten.engine.hardening.programs import program_of
from batten.engine.hardening.standin import StandIn, stand_in
from batten.harden import Options
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import Trial, trial
from needs import without
from proofs import PROOF, turn

TOKEN = "b4tt3n-t0ken-0f-a-trial"
MOST = 70_000  # bytes of a body here: what is larger is told apart by the same rule
ONE_LESS = ("traefik",)  # which answers 500 to a body of exactly its limit
PAIRS = [(contract, engine) for engine in EXCEPTIONS for contract in CONTRACTS]


@dataclass(frozen=True, kw_only=True)
class Documented:
    edge: Edge
    trial: Trial
    api: StandIn
    engine: str


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def documented(request: pytest.FixtureRequest) -> Iterator[Documented]:
    name, engine = request.param
    contract, policy = named(name)
    program = program_of(engine) or without(engine)
    with stand_in(contract, TOKEN, ("Server", "X-Powered-By", "Access-Control-Allow-Origin")) as api:
        options = Options(upstream=f"http://127.0.0.1:{api.port}", rate=100_000, connections=1_000)
        intent = Intent(contract, policy, options)
        with trial(launch_of(engine), program, intent, lambda i: render(engine, i)) as started:
            yield Documented(edge=intent.edge, trial=started, api=api, engine=engine)


def test_documented_calls_pass_and_others_are_refused(documented: Documented) -> None:
    lacks = launch_of(documented.engine).lacks
    played = play(documented.edge, documented.trial, documented.api, lacks)
    assert played.wrong == ()
    assert played.documented == len(documented.api.contract.operations)
    assert played.refused > len(documented.edge.routes)


def test_bodies_are_as_large_as_the_contract_permits(documented: Documented) -> None:
    context = ssl.create_default_context(cafile=str(documented.trial.ca))
    found = tuple(calls(documented.api.contract, TOKEN))
    sized = [
        (route, call)
        for route in documented.edge.routes
        for call in found
        if call.template == route.path.template and call.body and 0 < route.body <= MOST
    ]
    assert len(sized) > 0
    for route, call in sized if PROOF else turn(str(documented.edge.title), sized, 12):
        most = route.body - (documented.engine in ONE_LESS)
        assert _with_body(documented, context, call, most) == (True, 0), call.label
        assert _with_body(documented, context, call, route.body + 1) == (False, 413), call.label


def _with_body(documented: Documented, context: ssl.SSLContext, call: Call, size: int) -> tuple[bool, int]:
    """Whether it reaches the API with so many bytes, and the status where it does not."""
    documented.api.seen.clear()
    port = urlsplit(documented.trial.url).port
    assert port
    host = documented.edge.names[0]
    headers = "".join(f"{name}: {value}\r\n" for name, value in call.headers)
    head = f"{call.method} {call.target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n{headers}Connection: close\r\n\r\n"
    client = EdgeClient(port, context, host)
    try:
        client.send(head.encode("latin-1") + b"a" * size)
        status = client.answer().status
    finally:
        client.close()
    reached = [len(one.body) for one in documented.api.seen] == [size]
    return reached, 0 if reached else status

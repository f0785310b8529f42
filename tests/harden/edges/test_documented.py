"""Calls that contracts document, and bodies as large as their schemas permit, pass every edge; what is larger does not."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import odd_contracts
import pytest
from deployments import CONTRACTS, named
from edge_exceptions import EXCEPTIONS
from edge_runner import EdgeClient

from batten.contract import load
from batten.engine.hardening.documented import Call, calls
from batten.engine.hardening.edge_alone import program_of
from batten.engine.hardening.playing import play
from batten.engine.hardening.standin import StandIn, stand_in
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import Trial, trial
from batten.policy import Policy
from needs import without
from proofs import PROOF, turn

TOKEN = "b4tt3n-t0ken-0f-a-trial"
MOST = 70_000  # bytes of a body here: what is larger is told apart by the same rule
ONE_MORE = ("traefik",)  # which answers 500 to a body of exactly its limit, and has one byte more therefore
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


@pytest.mark.served
def test_documented_calls_pass_and_others_are_refused(documented: Documented) -> None:
    lacks = launch_of(documented.engine).lacks
    played = play(documented.edge, documented.trial, documented.api, lacks)
    assert played.wrong == ()
    assert played.documented == len(documented.api.contract.operations)
    assert played.refused > len(documented.edge.routes)


@pytest.mark.served
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
        assert _with_body(documented, context, call, route.body) == (True, 0), call.label
        larger = route.body + 1 + (documented.engine in ONE_MORE)
        assert _with_body(documented, context, call, larger) == (False, 413), call.label


@pytest.mark.served
@pytest.mark.parametrize("engine", EXCEPTIONS)
@pytest.mark.parametrize("name", odd_contracts.CONTRACTS)
def test_words_of_a_contract_stay_words_and_its_own_verbs_pass(
    engine: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(odd_contracts.CONTRACTS[name]), encoding="utf-8")
    contract = load(Workspace(tmp_path), "openapi.json")[0]
    program = program_of(engine) or without(engine)
    with stand_in(contract, TOKEN, ()) as api:
        options = Options(upstream=f"http://127.0.0.1:{api.port}", rate=10_000)
        intent = Intent(contract, Policy(hosts=("pots.example.com",)), options)
        with trial(launch_of(engine), program, intent, lambda i: render(engine, i)) as started:
            played = play(intent.edge, started, api, launch_of(engine).lacks)
    assert (played.documented, played.wrong) == (len(contract.operations), ())


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

"""WebSockets through every edge, in front of a real server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from edge_exceptions import EXCEPTIONS
from edge_sockets import (
    ACCEPTED,
    HOST,
    PATIENCE,
    SHAKES,
    Application,
    Shake,
    application,
    closed,
    connected,
    contract,
    head_of,
    policy,
    said,
)

from batten.engine.hardening.edge_alone import program_of
from batten.engine.hardening.playing import play
from batten.engine.hardening.standin import stand_in
from batten.harden import Options
from batten.harden.edge import ANSWER, HEAD
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.policy import Policy
from batten.policy.leniency import Leniency
from needs import without
from proofs import PROOF, turn


@dataclass(frozen=True)
class Running:
    engine: str
    port: int
    context: ssl.SSLContext
    behind: Application


@pytest.fixture(scope="module", params=turn("sockets", list(EXCEPTIONS), 3))
def edge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    engine = str(request.param)
    program = program_of(engine) or without(engine)
    with application() as behind:
        options = Options(upstream=f"http://127.0.0.1:{behind.port}", rate=100_000, connections=1_000)
        intent = Intent(contract(tmp_path_factory.mktemp("contract")), policy(), options)
        with trial(launch_of(engine), program, intent, lambda placed: render(engine, placed)) as run:
            context = ssl.create_default_context(cafile=str(run.ca))
            yield Running(engine, urlsplit(run.url).port or 0, context, behind)


def test_every_edge_takes_the_same_websockets(edge: Running) -> None:
    assert {shake.name: wrong for shake in SHAKES if (wrong := difference(edge, shake))} == {}


def difference(edge: Running, shake: Shake) -> str:
    edge.behind.heads.clear()
    with connected(edge.port, edge.context) as link:
        try:
            link.sendall(shake.sent)
            status, head = head_of(link)
        except TimeoutError:
            return "waits for more"
        refused = (403,) if edge.engine == "envoy" and shake.reaches is not True else ()  # any other upgrade
        if status not in (*shake.answers, *refused):
            return f"{status}, not {shake.answers}"
        if (
            status == 101
            and shake.reaches
            and (ACCEPTED.lower() not in head or said(link, "hello") != "hello")
        ):
            return "is no WebSocket"
    got = [one.get("upgrade", "").lower() for one in edge.behind.heads]
    nothing = shake.reaches is None or (status >= 400 and not shake.reaches)
    wanted = [] if nothing else ["websocket" if shake.reaches or status == 101 else ""]
    return "" if got == wanted else f"the application gets {got}, not {wanted}"


def proved(engine: str, asked: Policy, told: Policy, folder: Path) -> tuple[str, ...]:
    """What a proof says of an edge that is rendered from another policy than what is asked of it."""
    program, launch = program_of(engine) or without(engine), launch_of(engine)
    with stand_in(contract(folder), "t0ken", ("Server",)) as api:
        options = Options(rate=100_000, upstream=f"http://127.0.0.1:{api.port}")
        intent = Intent(api.contract, told, options)
        with trial(launch, program, intent, lambda placed: render(engine, placed)) as run:
            return play(replace(intent, policy=asked).edge, run, api, launch.lacks).wrong


@pytest.mark.parametrize("engine", turn("proof of sockets", list(EXCEPTIONS), 1))
def test_a_proof_opens_them(engine: str, tmp_path: Path) -> None:
    assert proved(engine, policy(), policy(), tmp_path) == ()


def test_a_proof_tells_an_edge_that_opens_none(tmp_path: Path) -> None:
    wrong = proved("nginx", policy(), replace(policy(), leniency=Leniency()), tmp_path)
    assert "a WebSocket at /v1/pushes: the handshake is answered with 404, not 101" in wrong
    assert "a WebSocket at /v1/pushes of a foreign origin: it is answered with 404, not 403" in wrong


def test_data_flows_both_ways(edge: Running) -> None:
    with connected(edge.port, edge.context) as link:
        link.sendall(SHAKES[0].sent)
        assert head_of(link)[0] == 101
        large = "x" * 300_000
        for message in ("a", b"\x00\xff", large, "b"):
            assert said(link, message) == message
        assert closed(link)


@pytest.mark.skipif(not PROOF, reason="a slow proof (`make proof`)")
def test_a_quiet_one_stays_open(edge: Running) -> None:
    """For longer than any request or answer may take."""
    with connected(edge.port, edge.context) as link:
        link.sendall(SHAKES[0].sent)
        assert head_of(link)[0] == 101
        link.settimeout(2 * ANSWER + HEAD)
        with pytest.raises(TimeoutError):
            link.recv(1)
        link.settimeout(PATIENCE)
        assert said(link, "still there") == "still there"


def test_what_the_application_gets(edge: Running) -> None:
    edge.behind.heads.clear()
    sent = (
        "Cookie: sid=1",
        "Authorization: Bearer x",
        "X-Forwarded-For: 9.9.9.9",
        "X-HTTP-Method-Override: DELETE",
    )
    with connected(edge.port, edge.context) as link:
        link.sendall(Shake(name="with all", more=sent).sent)
        assert head_of(link)[0] == 101
    got = edge.behind.heads[0]
    assert (got["cookie"], got["authorization"], got["upgrade"]) == ("sid=1", "Bearer x", "websocket")
    assert got["connection"].lower() == "upgrade" and got["host"].partition(":")[0] == HOST
    assert "9.9.9.9" not in str(got) and "x-http-method-override" not in got

"""What no case of the suite can ask of an edge that runs: an API that is dead, too many requests, bodies of HTTP/2, and which path
gets through where an engine cleans it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cases.case import HOST, JSON, SHOP, TOKEN, asked
from edge_exceptions import EXCEPTIONS, WORDLESS
from edge_runner import EdgeClient, running
from guard_clients import Answer
from guard_contracts import contract

from batten.contract.titles import TITLES
from batten.engine.hardening.edge_alone import program_of
from batten.harden import Options
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.policy import Policy
from needs import without
from waiting import BOUND

COUNTS = [engine for engine in EXCEPTIONS if engine != "caddy"]  # Caddy itself counts no requests
GRANT = f"\r\naccess-control-allow-origin: {SHOP}\r\n".encode()


def program(engine: str) -> Path:
    return program_of(engine) or without(engine)


def answers(engine: str, request: bytes, count: int, **more: int) -> Iterator[tuple[Edge, Answer]]:
    """Of an edge in front of nothing."""
    options = Options(upstream="http://127.0.0.1:9", plain="", **more)  # type: ignore[arg-type]
    intent = Intent(contract(), Policy(origins=(SHOP,), hosts=(HOST,)), options)
    with trial(launch_of(engine), program(engine), intent, lambda i: render(engine, i)) as started:
        context = ssl.create_default_context(cafile=str(started.ca))
        for _ in range(count):
            client = EdgeClient(urlsplit(started.url).port or 0, context)
            client.link.settimeout(BOUND)
            client.send(request)
            yield intent.edge, client.answer()
            client.close()


def is_whole(engine: str, edge: Edge, answer: Answer) -> bool:
    """Whether it has every header, and a document where the engine has any."""
    sent = all(
        f"\r\n{name}: {value}\r\n".lower().encode() in answer.head for name, value in edge.sent.items()
    )
    title = TITLES[answer.status].encode()
    told = b'"status":%d' % answer.status in answer.body
    return sent and (told or (engine in WORDLESS and answer.body in (b"", title)))


@pytest.mark.served
@pytest.mark.parametrize("engine", EXCEPTIONS)
def test_a_dead_api_is_a_problem_with_every_header(engine: str) -> None:
    ((edge, answer),) = answers(engine, asked("GET /v1/things", f"Origin: {SHOP}"), 1)
    assert answer.status in (502, 503, 504)
    assert is_whole(engine, edge, answer) and GRANT in answer.head, answer


@pytest.mark.served
@pytest.mark.parametrize("engine", COUNTS)
def test_too_many_requests_are_a_problem_with_every_header(engine: str) -> None:
    """Of an operation that the edge answers itself, if that counts."""
    verb = "GET" if engine == "nginx" else "PUT"
    *_, (edge, answer) = answers(engine, asked(f"{verb} /v1/things", f"Origin: {SHOP}"), 15, rate=2)
    assert answer.status == 429
    assert is_whole(engine, edge, answer) and b"\r\nretry-after: " in answer.head, answer
    assert (GRANT in answer.head) == (engine not in WORDLESS)


def test_a_body_of_http2_without_a_length_is_counted_too() -> None:
    """Of HAProxy: Caddy cuts it, and Envoy ends the stream while this client still sends."""
    with running("haproxy", program("haproxy"), body="32k") as edge:
        headers = dict(line.split(": ") for line in (TOKEN, JSON))
        with httpx.Client(http2=True, verify=edge.context, timeout=BOUND) as client:
            for body, status in ((b'{"name":"mug"}', 201), (b"a" * 32_769, 413)):
                url = f"https://localhost:{edge.tls}/v1/things"
                answer = client.post(url, content=iter((body,)), headers=headers)
                assert (answer.http_version, answer.status_code) == ("HTTP/2", status)


def test_the_api_gets_the_path_that_traefiks_rules_are_held_against() -> None:
    with running("traefik", program("traefik")) as edge:
        client = EdgeClient(edge.tls, edge.context)
        client.send(asked("GET /v1//things"))
        assert client.answer().status == 200
        client.close()
        assert b"".join(edge.behind.raw).startswith(b"GET /v1/things HTTP/1.1\r\n")

"""Refusals of requests whose bodies nobody reads, under the servers that people run: clients that send all of a body before they
look for an answer get it."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator
from typing import Any

import pytest
from guard_servers import exchanged
from test_middleware import running

from batten.guard.accounting import Reply
from batten.guard.carriers.sending import MOST_REST, comes, send_refusal
from proofs import PROOF
from waiting import BOUND

ASGI = ["uvicorn", "granian-asgi", "hypercorn"] if PROOF else ["uvicorn"]
LARGE = b"x" * 4_194_304
TOKEN = {"Authorization": "Bearer t", "Content-Type": "application/json"}


@pytest.fixture(scope="module", params=ASGI)
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as port:
        yield port


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/v1/nothing", {}, 404),
        ("/v1/things", {}, 401),
        ("/v1/things", {"Connection": "close"}, 401),
        ("/v1/things", TOKEN, 413),
        ("/v1/things%00", TOKEN, 400),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_the_answer_arrives(
    port: int, target: str, headers: dict[str, str], status: int, chunked: bool
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    body = (LARGE[at : at + 65_536] for at in range(0, len(LARGE), 65_536)) if chunked else LARGE
    try:
        client.request("POST", target, body, headers, encode_chunked=chunked)
        answer = client.getresponse()
        assert answer.status == status and b"about:blank" in answer.read()
    finally:
        client.close()


@pytest.mark.skipif(not PROOF, reason="waits: make proof")
def test_a_body_that_does_not_come_is_waited_for_a_moment(port: int) -> None:
    """The end of the answer, and of the connection, does come."""
    head = "POST /v1/things HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 1000\r\nConnection: close"
    answer = exchanged(port, f"{head}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 401 ") and len(answer.partition(b"\r\n\r\n")[2]) == 512


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], False),
        ([(b"content-length", b"0")], False),
        ([(b"content-length", b"1")], True),
        ([(b"transfer-encoding", b"chunked")], True),
        ([(b"content-length", b"1"), (b"expect", b"100-continue")], False),
    ],
)
def test_who_sends_a_body_whatever_is_answered(headers: list[tuple[bytes, bytes]], expected: bool) -> None:
    assert comes(tuple(headers)) is expected


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ({"type": "http.request", "body": b"a", "more_body": False}, 1),
        ({"type": "http.disconnect"}, 1),
        ({"type": "http.request", "body": bytes(MOST_REST // 4), "more_body": True}, 5),
    ],
)
def test_no_more_than_so_much_is_read(message: dict[str, Any], asked: int) -> None:
    sent, taken = list[dict[str, Any]](), 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return message

    async def send(one: Any) -> None:
        sent.append(one)

    asyncio.run(send_refusal(send, Reply(413, (), b"{}"), True, receive))
    assert taken == asked and b"".join(one.get("body", b"") for one in sent) == b"{}"
    assert [one.get("more_body") for one in sent] == [None, True, False]

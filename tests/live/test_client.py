"""The client against hostile servers: an answer or a reason, in bounded time and memory."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from live_servers import Serve, raw

from batten.live.client import Client, decoded
from batten.live.exchange import NotAnswered, Request, Response
from waiting import BOUND, forever

ONE_ANSWER = 3.0  # seconds
HEAD = b"HTTP/1.1 200 OK\r\n"


async def _here(host: str, port: int) -> tuple[str, int]:
    return "127.0.0.1", port


async def _asked(
    serve: Serve, count: int = 1, scheme: str = "http", **request: object
) -> list[Response | str]:
    """Answers, or the reasons why there is none."""
    outcomes: list[Response | str] = []
    async with raw(serve) as port:
        client = Client(_here, seconds=ONE_ANSWER)
        for _ in range(count):
            sent = Request("GET", f"{scheme}://127.0.0.1:{port}/x", (("Host", "a"),), **request)  # type: ignore[arg-type]
            try:
                outcomes.append(await client.send(sent))
            except NotAnswered as error:
                outcomes.append(str(error))
        await client.close()
    return outcomes


def _says(answer: bytes, more: bytes = b"", forever: bool = False) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        while more:
            writer.write(more)
            await writer.drain()
        if forever:
            await forever()

    return serve


HOSTILE = {
    "endless headers": _says(HEAD, b"X-Filler: " + b"a" * 8000 + b"\r\n"),
    "a header without an end": _says(HEAD + b"X-Filler: ", b"a" * 65536),
    "silence": _says(b"", forever=True),
    "headers that stall": _says(HEAD + b"Content-Le", forever=True),
    "a body that stalls": _says(HEAD + b"Content-Length: 10\r\n\r\nabc", forever=True),
    "a body that is too short": _says(HEAD + b"Content-Length: 10\r\n\r\nabc"),
    "a length that is none": _says(HEAD + b"Content-Length: many\r\n\r\nabc"),
    "two lengths": _says(HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    "nothing": _says(b""),
    "another protocol": _says(b"220 mail.example.com ESMTP\r\n"),
    "interim answers only": _says(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a chunk that is none": _says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
}


@pytest.mark.parametrize("serve", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_a_reason_in_bounded_time(serve: Serve) -> None:
    (outcome,) = asyncio.run(asyncio.wait_for(_asked(serve), BOUND))
    assert isinstance(outcome, str)
    assert outcome


def test_a_tls_handshake_that_stalls_is_a_reason() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await forever()

    (outcome,) = asyncio.run(asyncio.wait_for(_asked(serve, scheme="https"), BOUND))
    assert outcome == "no complete answer within 3 s"


def test_an_endless_body_is_cut() -> None:
    (outcome,) = asyncio.run(_asked(_says(HEAD + b"\r\n", b"a" * 65536)))
    assert isinstance(outcome, Response)
    assert outcome.truncated
    assert len(outcome.body) == 512 * 1024


def test_a_gzip_bomb_is_cut() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    (outcome,) = asyncio.run(_asked(_says(head + bomb)))
    assert isinstance(outcome, Response)
    assert (len(outcome.body), outcome.truncated, outcome.size) == (512 * 1024, True, len(bomb))


def test_what_claims_to_be_gzip_and_is_not_stays_as_it_is() -> None:
    assert decoded(b"plain", (("Content-Encoding", "gzip"),)) == (b"plain", False)


def test_headers_keep_order_case_and_duplicates_and_the_target_is_sent_raw() -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HEAD + b"B: 1\r\na: 2\r\nB: 3\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    (outcome,) = asyncio.run(_asked(serve, target="/%ff/../%2e?q=%"))
    assert isinstance(outcome, Response)
    assert outcome.headers[:3] == (("B", "1"), ("a", "2"), ("B", "3"))
    assert seen[0].startswith(b"GET /%ff/../%2e?q=% HTTP/1.1\r\n")


def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_made_anew() -> None:
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD + b"Content-Length: 2\r\n\r\nok")
            await writer.drain()

    outcomes = asyncio.run(_asked(serve, count=3))
    assert [o.body for o in outcomes if isinstance(o, Response)] == [b"ok"] * 3
    assert len(connections) == 2


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    (outcome,) = asyncio.run(_asked(_says(head)))
    assert isinstance(outcome, Response)
    assert outcome.status == 302

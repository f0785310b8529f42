"""Whole assessments of servers that mean harm, or nothing: `batten probe` as a process of its own, bounded in time
and memory, tells what was not assessed, and makes no finding of silence."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from live_servers import Serve, raw

from proofs import turn

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses:
        "200": {description: One, content: {application/json: {schema: {type: object, required: [id]}}}}
        "404": {description: None}
"""
SECONDS, MEGABYTES = 20.0, 200  # of processor time
WAITED = 600  # seconds until an assessment has hung
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TIGHT, AMPLE = 0.3, 60.0  # seconds for one answer: for servers that give none, and for those that do
BOMB = gzip.compress(bytes(100_000_000), 9)


@dataclass(frozen=True)
class Told:
    """What the process said, and what it took."""

    code: int
    seconds: float
    megabytes: float
    report: dict[str, Any]

    @property
    def reasons(self) -> str:
        return "\n".join(p["message"] for e in self.report["environments"] for p in e["not_assessed"])

    @property
    def controls(self) -> set[str]:
        return {f["control"] for f in self.report["findings"]}


# A process is charged with what it was forked from, and a test runner is large: something small forks it.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:], stderr=subprocess.STDOUT)
_, status, usage = os.wait4(process.pid, 0)
spent = usage.ru_utime + usage.ru_stime
open(sys.argv[1], "w").write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss} {spent}")
"""


def _assessed(command: list[str], folder: str) -> Told:
    with tempfile.TemporaryDirectory() as place:
        usage = Path(place) / "usage"
        launch = [sys.executable, "-c", MEASURED, str(usage), *command]
        ran = subprocess.run(launch, cwd=folder, stdout=subprocess.PIPE, timeout=WAITED)
        code, kilobytes, spent = usage.read_text().split()
    return Told(int(code), float(spent), int(kilobytes) / 1024, json.loads(ran.stdout))


def told(folder: Path, serve: Serve, scheme: str, timeout: float, *options: str) -> Told:
    (folder / "openapi.yaml").write_text(CONTRACT)
    return _probed(
        folder, serve, timeout, (f"{scheme}://127.0.0.1:{{port}}", "--contract", "openapi.yaml", *options)
    )


def _probed(folder: Path, serve: Serve, timeout: float, arguments: tuple[str, ...]) -> Told:
    async def run() -> Told:
        async with raw(serve) as port:
            batten = str(Path(sys.executable).with_name("batten"))
            options = ["--format", "json", "--rate", "5000", "--timeout", str(timeout)]
            command = [batten, "probe", *(a.format(port=port) for a in arguments), *options]
            return await asyncio.to_thread(_assessed, command, str(folder))

    found = asyncio.run(run())
    assert found.seconds < SECONDS
    assert found.megabytes < MEGABYTES
    return found


def says(answer: bytes, more: bytes = b"", pause: float = 0.0, stay: bool = False) -> Serve:
    """Each request is answered so; `more` comes for ever, with a pause between."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        while more:
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(pause)
        if stay:
            await reader.read()

    return serve


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65_536):
        pass


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n")
    writer.transport.abort()  # with what is unread: the kernel sends a reset


async def _half_a_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)
    writer.write(b"\x16\x03\x03\x00\x7a\x02\x00")  # a record of 122 bytes, of which two come
    await _silent(reader, writer)


async def _ten_megabytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    for number in range(1_250):
        writer.write(b"X-Filler-%d: " % number + b"a" * 8_000 + b"\r\n")
        await writer.drain()
    writer.write(b"Content-Length: 2\r\n\r\n{}")
    await writer.drain()


SILENT: dict[str, tuple[Serve, str, str]] = {  # server, scheme, reason
    "a port that accepts and says nothing": (_silent, "http", "no complete answer within 0.3 s"),
    "a port that accepts and says nothing to TLS": (_silent, "https", "no answer to a ClientHello within 0.3 s"),
    "TLS that stalls": (_half_a_hello, "https", "no answer to a ClientHello within 0.3 s"),
    "slow headers": (says(ANSWER, b"X-Slow: 1\r\n", pause=0.1), "http", "no complete answer within 0.3 s"),
    "10 MB of headers": (_ten_megabytes, "http", "the answer is not valid HTTP/1.1"),
    "a length that is too long": (
        says(ANSWER + b"Content-Length: 99\r\n\r\n{}"), "http", "the answer is not valid HTTP/1.1",
    ),
    "a length that never comes": (
        says(ANSWER + b"Content-Length: 99\r\n\r\n{}", stay=True), "http", "no complete answer within 0.3 s",
    ),
    "connections that are reset": (_resets, "http", "the connection was closed without an answer"),
    "a body that trickles": (
        says(ANSWER + b"\r\n", b"a", pause=0.1), "http", "no complete answer within 0.3 s",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", turn("silent", list(SILENT), 8))
def test_what_does_not_answer_is_not_assessed_and_nothing_is_found(case: str, tmp_path: Path) -> None:
    serve, scheme, reason = SILENT[case]
    found = told(tmp_path, serve, scheme, TIGHT if "within" in reason else AMPLE)
    assert found.code == 3
    assert found.report["findings"] == []
    assert reason in found.reasons


def _answers(head: Callable[[str], bytes], body: bytes) -> Serve:
    """A server that keeps its connections; the head is made of the target."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")
            writer.write(head(asked[1]) + (b"" if asked[0] == "HEAD" else body))
            await writer.drain()

    return serve


# An answer of theirs has a head, and what that lacks is rightly said: headers, and what it takes of TLS.
ABOUT_THE_HEAD = {
    *("csp-sent", "nosniff-sent", "framing-denied", "referrer-policy-sent", "cross-origin-isolation-sent"),
    *("tls-required", "responses-match-schema"),
}
CUT: dict[str, Serve] = {
    "endless bodies": says(ANSWER + b"\r\n", b'{"id": 1}' * 7_000),
    "gzip bombs": _answers(
        lambda target: ANSWER + f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n".encode(),
        BOMB,
    ),
}


@pytest.mark.parametrize("case", CUT)
def test_what_is_longer_than_the_bound_is_cut_and_told(case: str, tmp_path: Path) -> None:
    found = told(tmp_path, CUT[case], "http", AMPLE, "--budget", "300")
    assert found.report["environments"][0]["reached"]
    assert "longer than batten reads" in found.reasons
    assert found.controls <= ABOUT_THE_HEAD


def test_redirects_that_never_end_are_not_followed(tmp_path: Path) -> None:
    def head(target: str) -> bytes:
        return f"HTTP/1.1 302 Found\r\nLocation: {target[:900]}/x\r\nContent-Length: 0\r\n\r\n".encode(
            "latin-1"
        )

    found = told(tmp_path, _answers(head, b""), "http", AMPLE)
    assert found.report["environments"][0]["reached"]
    assert found.report["environments"][0]["exchanges"] < 2_000
    assert found.controls <= ABOUT_THE_HEAD


def _endless(said: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(said * 1_000)
            await writer.drain()

    return serve


STORES = (
    "redis",
    "memcached",
    "mongodb",
    "postgresql",
    "mysql",
    "kafka",
    "amqp",
    "nats",
    "mqtt",
    "zookeeper",
    "cassandra",
)
NO_STORES: dict[str, Serve] = {
    "says nothing": _silent,
    "resets": _resets,
    "never ends": _endless(bytes(range(256))),
    "claims lengths that never come": _endless(b"$2147483647\r\n\xff\xff\xff\x7f"),
}


@pytest.mark.parametrize("case", turn("no stores", list(NO_STORES), 3))
def test_a_port_that_is_no_store_is_bounded_and_nothing_is_found(case: str, tmp_path: Path) -> None:
    found = _probed(
        tmp_path, NO_STORES[case], TIGHT, tuple(f"{product}://127.0.0.1:{{port}}" for product in STORES)
    )
    assert found.code == 3
    assert found.report["findings"] == []
    assert len(found.report["environments"]) == len(STORES)
    assert all(e["not_assessed"] for e in found.report["environments"])

"""Heads of requests that are long, many, endless or slow, sent to `batten watch`: with httptools installed, and without it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

sys.path.append(str(Path(__file__).parents[1] / "watch"))

from waiting import BOUND
from watch_serving import watching

MIB = 1 << 20
ROOM = 64  # megabytes that a process may grow by
HOST = b"GET /healthz HTTP/1.1\r\nHost: HERE\r\n"
POST = b"POST /login HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"


def resident(process: int) -> int:
    """Megabytes of memory."""
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0]) // 1024


@pytest.fixture(scope="module", params=["httptools", "none"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, int]]:
    """The port of a service, and its process."""
    folder = tmp_path_factory.mktemp("watch")
    before = os.environ.get("PYTHONPATH")
    if request.param == "none":
        hidden = folder / "hidden"
        hidden.mkdir()
        for name in ("httptools", "websockets", "wsproto"):
            (hidden / f"{name}.py").write_text("raise ImportError\n")
        os.environ["PYTHONPATH"] = str(hidden)
    try:
        with watching(folder, "--data", str(folder / "data")) as (url, process, _):
            yield urlsplit(url).port or 0, process.pid
    finally:
        os.environ.pop("PYTHONPATH", None)
        if before is not None:
            os.environ["PYTHONPATH"] = before


def sent(port: int, *pieces: bytes, times: int = 1) -> bytes:
    """What is answered to what is sent, as far as the service takes it; b"" where it hangs up."""
    with socket.create_connection(("127.0.0.1", port), BOUND) as link:
        answer = b""
        try:
            for piece in pieces:
                for _ in range(times if piece is pieces[-1] else 1):
                    link.sendall(piece)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            while piece := link.recv(65_536):
                answer += piece
        except OSError:
            pass
        return answer


@pytest.mark.parametrize(
    ("pieces", "times"),
    [
        ((HOST + b"X: ", b"a" * MIB), 200),
        ((HOST, b"X: a\r\n" * 10_000), 200),
        ((HOST + b"X: " + b"a" * 60_000 + b"\r\n\r\n",), 1),
        ((HOST + b"X: a\r\n" * 200 + b"\r\n",), 1),
        ((b"GET /", b"a" * MIB), 200),
        ((HOST, b" folded: a\r\n" * 10_000), 100),
        ((POST + b"1;", b"a" * MIB), 100),
        ((POST + b"0\r\n", b"X: a\r\n" * 10_000), 100),
    ],
    ids=["a header", "headers", "a header at once", "headers at once", "a target", "folds", "a chunk's extension", "trailers"],
)  # fmt: skip
def test_no_head_holds_the_service(pieces: tuple[bytes, ...], times: int, service: tuple[int, int]) -> None:
    port, process = service
    before = resident(process)
    here = f"127.0.0.1:{port}".encode()
    answer = sent(port, *(piece.replace(b"HERE", here) for piece in pieces), times=times)
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert resident(process) - before < ROOM
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).text == "ok\n"


def test_heads_as_clients_send_them_are_taken(service: tuple[int, int]) -> None:
    port, _ = service
    headers = {f"X-{number}": "a" * 200 for number in range(100)}
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", headers=headers, trust_env=False).text == "ok\n"


@pytest.mark.parametrize(
    "begun", [b"", b"GET /healthz HT", HOST + b"X: a"], ids=["nothing", "a line", "a header"]
)
def test_a_head_that_never_ends_is_given_up(begun: bytes, service: tuple[int, int]) -> None:
    """The service hangs up by itself: what is awaited is the end of the stream."""
    port, _ = service
    with socket.create_connection(("127.0.0.1", port), BOUND) as link:
        link.sendall(begun)
        assert link.recv(100) == b""

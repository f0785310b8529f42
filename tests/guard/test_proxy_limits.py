"""Time and memory: slow clients, idle ones, many of them, and answers that nobody reads."""

from __future__ import annotations

import resource
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from cases.case import GOOD_THING, JSON, TOKEN, asked
from guard_clients import Client
from guard_proxies import PATIENT, settings, working
from guard_upstream import Upstream, upstream

from batten.guard.options import Limits, Mode, Options
from batten.guard.proxy.worker import Worker
from waiting import until


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Worker, Upstream]]:
    folder = tmp_path_factory.mktemp("limits")
    hasty = replace(PATIENT, head=3.0, idle=3.0, body=3.0, answer=60.0)
    with upstream() as behind, working(settings(folder, behind.port, deadlines=hasty)) as (port, worker):
        yield port, worker, behind


def _until_empty(worker: Worker) -> None:
    until(lambda: not worker._fronts, "no connection is left")


def test_slow_head(pair: tuple[int, Worker, Upstream]) -> None:
    port, worker, _ = pair
    client = Client(port)
    head = iter(asked("GET /v1/things", "X-A: " + "b" * 100_000))

    def refused() -> bool:
        try:
            client.link.sendall(bytes((next(head),)))
        except OSError:
            return True
        return False

    until(refused, "a client that sends byte by byte is not listened to")
    client.close()
    _until_empty(worker)


def test_half_a_head_is_told(pair: tuple[int, Worker, Upstream]) -> None:
    client = Client(pair[0])
    client.send(b"GET /v1/things HTTP/1.1\r\nHost: a")
    assert client.answer().status == 408 and client.is_at_end()
    client.close()


def test_slow_body(pair: tuple[int, Worker, Upstream]) -> None:
    port, worker, _ = pair
    for line, kind in (("POST /v1/things", JSON), ("PUT /v1/things/7", "Content-Type: text/csv")):
        client = Client(port)
        client.send(asked(line, TOKEN, kind, "Content-Length: 100", body=b"{"))
        assert client.answer().status == 408 and client.is_at_end()
        client.close()
    _until_empty(worker)
    assert not worker.pool.links or all(link.taker is None for link in worker.pool.links)


def test_idle_connections_end(pair: tuple[int, Worker, Upstream]) -> None:
    port, worker, _ = pair
    silent, once = Client(port), Client(port)
    once.send(asked("GET /v1/things"))
    assert once.answer().status == 200
    assert silent.is_at_end() and once.is_at_end()
    silent.close()
    once.close()
    _until_empty(worker)


def test_client_that_goes_away_frees_the_upstream(pair: tuple[int, Worker, Upstream]) -> None:
    """A client that only says that it asks no more may still wait: that one keeps it until the answer's deadline."""
    port, worker, _ = pair
    client = Client(port)
    client.send(asked("GET /v1/things", play="hang"))
    until(lambda: any(link.taker for link in worker.pool.links), "the upstream is asked")
    client.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    client.close()
    _until_empty(worker)
    assert not any(link.taker for link in worker.pool.links)


def test_client_that_asks_no_more_frees_the_upstream_in_time(tmp_path: Path) -> None:
    with upstream() as behind, working(settings(tmp_path, behind.port)) as (port, worker):
        client = Client(port)
        client.send(asked("GET /v1/things", play="hang"))
        until(lambda: any(link.taker for link in worker.pool.links), "the upstream is asked")
        client.close()
        _until_empty(worker)
        assert not any(link.taker for link in worker.pool.links)


def test_client_that_does_not_read(tmp_path: Path) -> None:
    """What comes from the upstream is not gathered for it."""
    options = Options(Mode.OBSERVE, limits=Limits(answer_body=1_000))
    with upstream() as behind, working(settings(tmp_path, behind.port, options=options)) as (port, worker):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        client = Client(port)
        client.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.send(asked("GET /v1/things", play="endless"))
        _until_empty(worker)
        client.close()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize(
    "request_", [asked("GET /v1/nothing"), asked("GET /v1/things")], ids=["refused", "answered"]
)
def test_client_that_asks_and_does_not_read(tmp_path: Path, request_: bytes) -> None:
    """It is not read from while its answers lie there; then it gets them all."""
    many = 15_000  # more answers than the kernel takes
    long = replace(PATIENT, answer=60, stall=60)
    with upstream() as behind, working(settings(tmp_path, behind.port, deadlines=long)) as (port, worker):
        client = Client(port)
        client.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        asking = threading.Thread(target=client.send, args=(request_ * many,))
        asking.start()
        front = until(lambda: next(iter(worker._fronts), None), "the client is connected")
        until(lambda: front._stuck and front._held, "it is not read from")
        assert front.transport is not None and front.transport.get_write_buffer_size() < 200_000
        for _ in range(many):
            client.answer()
        asking.join()
        client.close()


def test_upstream_that_is_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with working(settings(tmp_path, port)) as (front, _):
        client = Client(front)
        client.send(
            asked("GET /v1/things")
            + asked("POST /v1/things", TOKEN, JSON, "Content-Length: 14", body=GOOD_THING)
        )
        for _ in range(2):
            answer = client.answer()
            assert answer.status == 502 and len(answer.body) == 512 and b"refused" not in answer.body.lower()
        client.close()


@pytest.mark.parametrize(("request_", "sent"), [(asked("GET /v1/things", play="nothing"), 2),
                          (asked("POST /v1/things", TOKEN, JSON, "Content-Length: 14", body=GOOD_THING, play="nothing"), 1)])  # fmt: skip
def test_link_that_is_closed_on_a_request(tmp_path: Path, request_: bytes, sent: int) -> None:
    """A safe request is sent once more over a new one, another is not."""
    with upstream() as behind, working(settings(tmp_path, behind.port)) as (port, _):
        client = Client(port)
        client.send(asked("GET /v1/things"))
        assert client.answer().status == 200
        behind.forget()
        client.send(request_)
        assert client.answer().status == 502 and len(behind.seen) == sent
        client.close()


def test_too_many_requests_for_the_upstream(tmp_path: Path) -> None:
    brief = replace(PATIENT, queue=1.0, answer=8.0)
    few = {"deadlines": brief, "upstream_connections": 1, "queued": 1}
    with upstream() as behind, working(settings(tmp_path, behind.port, **few)) as (port, worker):
        clients = [Client(port) for _ in range(3)]
        for client, waits in zip(
            clients, (lambda: behind.seen, lambda: worker.pool._waiting, lambda: True), strict=True
        ):
            client.send(asked("GET /v1/things", play="hang"))
            until(waits, "the request before has its place")
        assert [client.answer().status for client in clients] == [504, 503, 503]
        for client in clients:
            client.close()


def test_thousands_of_idle_connections(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    taken = len(list(Path("/proc/self/fd").iterdir()))
    many = min(10_000, (hard - taken - 500) // 2)  # both ends of a connection are in this process
    with (
        upstream() as behind,
        working(settings(tmp_path, behind.port, connections=many - 100)) as (port, worker),
        ExitStack() as held,
    ):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(many):
            link = held.enter_context(socket.socket())
            link.bind((f"127.0.0.{number % 200 + 2}", 0))
            link.connect(("127.0.0.1", port))
        client = Client(port)
        held.callback(client.close)
        client.send(asked("GET /v1/things"))
        assert client.answer().status == 200
        assert len(worker._fronts) <= many - 100
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 200_000, grown  # kilobytes, of both ends

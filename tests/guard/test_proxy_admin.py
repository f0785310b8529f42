"""The address that kubelet and Prometheus ask."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from batten.guard.options import Rule
from batten.guard.proxy import admin as asked
from batten.guard.proxy.admin import Admin
from batten.guard.proxy.meter import READY, Meters
from batten.guard.proxy.operation_meter import MOST_OPERATIONS, OTHERS
from batten.guard.proxy.settings import Address
from needs import package
from waiting import BOUND


class Served:
    def __init__(self, meters: Meters) -> None:
        self.admin = Admin(Address("127.0.0.1", 0), meters)
        self.where: tuple[str, int] = self.admin._listener.getsockname()
        self.stopping = False

    def link(self) -> socket.socket:
        return socket.create_connection(self.where, BOUND)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        with self.link() as link:
            link.sendall(request)
            return self.answer(link)

    def answer(self, link: socket.socket) -> tuple[int, bytes]:
        link.setblocking(False)
        while True:
            self.admin.serve(1, self.stopping)
            try:
                link.recv(1, socket.MSG_PEEK)
                break
            except BlockingIOError:
                continue
        link.setblocking(True)
        got = http.client.HTTPResponse(link)
        got.begin()
        return got.status, got.read()


def _get(path: str, *more: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 10.0.0.7:9000", *more, "", "")).encode()


@pytest.mark.served
def test_states() -> None:
    meters = Meters(1)
    served = Served(meters)
    assert [served.ask(_get(path))[0] for path in ("/ready", "/health")] == [503, 503]
    meters.row(0).put(READY, 1)
    assert served.ask(_get("/ready"))[0] == 200
    assert json.loads(served.ask(_get("/health"))[1]) == {
        "status": "ok",
        "workers": 1,
        "upstream": "reachable",
    }
    meters.row(0).tried_upstream(False)
    status, body = served.ask(_get("/health"))
    assert (status, json.loads(body)["status"]) == (200, "degraded")
    meters.row(0).tried_upstream(True, 1)  # another upstream
    assert b"degraded" in served.ask(_get("/health"))[1]
    served.stopping = True
    assert served.ask(_get("/ready"))[0] == 503
    served.admin.close()


@pytest.mark.served
@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /health HTTP/1.1\r\n\r\n", 405),
        (b"HEAD /health HTTP/1.1\r\n\r\n", 405),
        (b"GET /health\r\n\r\n", 400),
        (b"GET /health HTTP/2.0\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n", 400),
        (b"GET http://a/health HTTP/1.1\r\n\r\n", 400),
        (b"GET /health/../metrics HTTP/1.1\r\n\r\n", 404),
        (b"GET /reload HTTP/1.1\r\n\r\n", 404),
        (b"GET /health HTTP/1.1\r\nA: " + b"a" * 8_200, 431),
    ],
)  # fmt: skip
def test_requests_are_read_strictly(request_bytes: bytes, status: int) -> None:
    served = Served(Meters(1))
    assert served.ask(request_bytes)[0] == status
    served.admin.close()


@pytest.mark.served
def test_slow_and_many_clients_hold_up_no_one(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(Meters(1))
    idle = [served.link() for _ in range(asked.MOST_LINKS + 10)]
    assert served.ask(_get("/metrics"))[0] == 200
    assert len(served.admin._links) <= asked.MOST_LINKS
    monkeypatch.setattr(asked.time, "monotonic", lambda: float("inf"))
    served.admin.serve(1, False)
    assert not served.admin._links
    for link in idle:
        link.close()
    served.admin.close()


@pytest.mark.served
def test_metrics_as_prometheus_reads_them() -> None:
    parser = package("prometheus_client.parser")
    meters = Meters(2)
    for worker, status, label in (
        (0, 200, "GET /a"),
        (1, 200, "GET /a"),
        (0, 500, 'GET /"\\{x}'),
        (0, 404, ""),
        (1, 200, "b\nGET /a"),
    ):
        meters.row(worker).answered(status, 0.002, label)
    meters.row(1).enforced(Rule.PATH)
    found = _families(meters, parser)
    requests = found["batten_guard_requests"]
    assert requests({"operation": "GET /a", "status_class": "2xx"}) == 2
    assert requests({"operation": 'GET /"\\{x}', "status_class": "5xx"}) == 1
    assert requests({"operation": "(none)", "status_class": "4xx"}) == 1
    assert requests({"service": "b", "operation": "GET /a", "status_class": "2xx"}) == 1
    assert found["batten_guard_enforced"]({"rule": "path"}) == 1
    durations = found["batten_guard_request_duration_seconds"]
    assert durations({"operation": "GET /a", "le": "0.001"}) == 0
    assert (
        durations({"operation": "GET /a", "le": "0.0025"})
        == durations({"operation": "GET /a", "le": "+Inf"})
        == 2
    )


def _families(meters: Meters, parser: Any) -> dict[str, Callable[[dict[str, str]], float]]:
    served = Served(meters)
    text = served.ask(_get("/metrics"))[1].decode()
    served.admin.close()
    found = {}
    for family in parser.text_string_to_metric_families(text):
        assert family.documentation and family.type in ("counter", "gauge", "histogram")
        samples = {
            frozenset(s.labels.items()): s.value
            for s in family.samples
            if not s.name.endswith(("_sum", "_count"))
        }
        found[family.name] = lambda labels, samples=samples: samples[frozenset(labels.items())]
    return found


def test_operations_are_bounded_and_outlive_a_worker() -> None:
    meters = Meters(1)
    row = meters.row(0)
    for number in range(MOST_OPERATIONS + 10):
        row.answered(200, 0.1, f"GET /{number}")
    meters.row(0).answered(200, 0.1, "GET /0")  # of a worker that was started again
    meters.row(0).answered(200, 0.1, "é" * 200)
    counted = meters.operations()
    assert len(counted) == MOST_OPERATIONS
    assert counted["GET /0"][1] == 2 and counted[OTHERS][1] == 12

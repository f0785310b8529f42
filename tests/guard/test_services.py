"""Several APIs behind one listener: each request is judged by one contract, and reaches one upstream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from guard_clients import Client
from guard_proxies import settings, working
from guard_upstream import Upstream, upstream

from batten.cli.guard_operation import with_services
from batten.guard import GuardProblem
from batten.guard.options import Mode, Options
from batten.guard.proxy.reloading import compiled
from batten.guard.proxy.services import served
from batten.guard.proxy.settings import Settings
from batten.guard.proxy.worker import Worker
from batten.policy import PolicyProblem
from batten.policy.load import load_policy, parse_policy

ROWS = """\
guard:
  services:
    - {{name: things, contract: openapi.yaml, upstream: "http://127.0.0.1:{0}", hosts: [api.example.com]}}
    - {{name: orders, contract: orders.yaml, upstream: "http://127.0.0.1:{1}", hosts: [api.example.com], prefix: /orders, mode: observe}}
    - {{name: other, contract: openapi.yaml, upstream: "http://127.0.0.1:{1}", hosts: [other.example.com]}}
"""
ORDERS = """\
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: /orders}]
paths:
  /v1/things: {get: {security: [], responses: {"200": {description: ok, content: {application/json: {}}}}}}
"""


def _settings(folder: Path, *ports: int, rows: str = ROWS) -> Settings:
    made = settings(folder, ports[0])
    (folder / "orders.yaml").write_text(ORDERS, encoding="utf-8")
    policy = folder / "guard.yaml"
    policy.write_text(rows.format(*ports), encoding="utf-8")
    rows_read = load_policy(policy).services

    return replace(made, policy=policy, services=tuple(served(row, policy) for row in rows_read))


@contextmanager
def _two(folder: Path) -> Iterator[tuple[Upstream, Upstream, int, Worker]]:
    with upstream() as first, upstream() as second:  # noqa: SIM117
        with working(_settings(folder, first.port, second.port)) as (port, worker):
            yield first, second, port, worker


def test_each_request_reaches_one_service(tmp_path: Path) -> None:
    with _two(tmp_path) as (first, second, port, worker):
        statuses = []
        for host, target in (
            ("api.example.com", "/v1/things"),
            ("api.example.com", "/orders/v1/things"),
            ("api.example.com", "/orders"),
            ("api.example.com", "/ordersx/v1/things"),
            ("api.example.com", "/orders/../v1/things"),
            ("other.example.com", "/orders/v1/things"),
            ("other.example.com", "/v1/things"),
            ("evil.example.com", "/v1/things"),
        ):
            client = Client(port)
            client.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            statuses.append(client.answer().status)
            client.close()
        assert statuses == [200, 200, 200, 404, 400, 404, 200, 421]
        assert [target for _, target, _ in first.seen] == [b"/v1/things"]
        assert [target for _, target, _ in second.seen] == [
            b"/orders/v1/things",
            b"/orders",
            b"/v1/things",
        ]
        assert worker.lanes is not None
        counted = {name: len(lane.accounting.tally.counts()) for name, lane in worker.lanes._lanes.items()}
        assert counted == {"things": 1, "orders": 1, "other": 1}


def test_one_connection_may_ask_several(tmp_path: Path) -> None:
    with _two(tmp_path) as (first, second, port, _):
        client = Client(port)
        for target in ("/v1/things", "/orders/v1/things", "/nothing", "/v1/things"):
            client.send(f"GET {target} HTTP/1.1\r\nHost: api.example.com\r\n\r\n".encode())
        assert [client.answer().status for _ in range(4)] == [200, 200, 404, 200]
        client.close()
        assert len(first.seen) == 2 and len(second.seen) == 1


def test_observing_never_forwards_what_is_for_no_service(tmp_path: Path) -> None:
    rows = ROWS.replace("hosts: [api.example.com], prefix", "prefix")
    with upstream() as first, upstream() as second:
        made = _settings(tmp_path, first.port, second.port, rows=rows)

        with working(replace(made, options=Options(Mode.OBSERVE))) as (port, _):
            client = Client(port)
            client.send(b"GET /v1/things HTTP/1.1\r\nHost: evil.example.com\r\n\r\n")
            assert client.answer().status == 404
            client.close()
            assert not first.seen and not second.seen


def test_prefix_must_be_in_the_contract(tmp_path: Path) -> None:
    made = _settings(tmp_path, 1, 2, rows=ROWS.replace("prefix: /orders", "prefix: /billing"))
    with pytest.raises(GuardProblem, match="no operation is below the prefix /billing"):
        compiled(made)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{name: a, contract: a.yaml}", "has no upstream"),
        ("{name: A b, contract: a.yaml, upstream: u}", "is not a name"),
        ("{name: a, contract: a.yaml, upstream: u, prefix: orders}", "is not a prefix"),
        ("{name: a, contract: a.yaml, upstream: u, prefix: /a/../b?c}", "is not a prefix"),
        ("{name: a, contract: a.yaml, upstream: u, mode: off}", "is not a mode"),
        ("{name: b, contract: a.yaml, upstream: u}", "defined twice"),
        ("{name: a, contract: a.yaml, upstream: u, hosts: [x, y]}", "the same hosts and prefix"),
    ],
)
def test_rows_that_cannot_be(row: str, said: str) -> None:
    first = "{name: b, contract: b.yaml, upstream: u, hosts: y}"
    with pytest.raises(PolicyProblem, match=rf"batten\.yaml:4: .*{re.escape(said)}"):
        parse_policy("batten.yaml", f"guard:\n  services:\n    - {first}\n    - {row}\n")


def test_services_are_read_only_of_a_policy_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "batten.yaml").write_text(ROWS.format(1, 2), encoding="utf-8")
    named = _settings(tmp_path, 1, 2)

    assert len(with_services(replace(named, services=()), {"upstream": None}).services) == 3
    with pytest.raises(GuardProblem, match="defines services"):
        with_services(named, {"upstream": "http://127.0.0.1:1"})
    with pytest.raises(GuardProblem, match="no upstream is given"):
        with_services(replace(named, policy=None, services=()), {"upstream": None})

"""Ports are found open, closed or silent by connections alone; within the pace, and nowhere that is excluded."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import time
from contextlib import ExitStack
from copy import deepcopy
from typing import Any

import pytest
from fleet_servers import filtered, listening

from batten.live.fleet.discovery import Seen, Sweep, Swept, connected, discover
from batten.live.fleet.hosts import excluded, hosts
from servers import free_port
from waiting import BOUND, come


def _found(hosts: dict[str, tuple[int, ...]], **more: Any) -> Swept:
    return asyncio.run(discover(Sweep(hosts, **({"rate": 5000.0, "host_rate": 5000.0} | more))))


def test_open_closed_and_silent_ports_are_told_apart() -> None:
    with listening("127.0.0.2") as one, listening("127.0.0.3") as two, filtered("127.0.0.2") as dropped:
        closed = free_port()
        found = _found({"127.0.0.2": (one, closed, dropped), "127.0.0.3": (two,)})
    assert found.complete
    assert found.seen == {
        ("127.0.0.2", "127.0.0.2"): Seen([one], 1, 1),
        ("127.0.0.3", "127.0.0.3"): Seen([two], 0, 0),
    }
    assert found.connections == 5  # the silent one twice: its host answers elsewhere


def test_a_host_that_never_answers_is_not_asked_twice() -> None:
    with filtered("127.0.0.9") as one, filtered("127.0.0.9") as two:
        found = _found({"127.0.0.9": (one, two)})
    assert found.seen["127.0.0.9", "127.0.0.9"] == Seen([], 0, 2)
    assert found.connections == 2


def test_ipv6_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def known(host: str, port: object, *more: Any, **options: Any) -> list[Any]:
        if host != "shop.example":
            return real(host, port, *more, **options)  # type: ignore[arg-type]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 0))
            for a in ("127.0.0.4", "127.0.0.5", "127.0.0.6")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    without = excluded([hosts("127.0.0.6")])
    with listening("127.0.0.4") as port, listening("::1") as six:
        found = _found({"shop.example": (port,), "::1": (six,), "nobody.invalid": (80,)}, without=without)
    assert found.open == [("shop.example", "127.0.0.4", port), ("::1", "::1", six)]
    assert ("shop.example", "127.0.0.5") in found.seen
    assert ("shop.example", "127.0.0.6") not in found.seen
    assert list(found.unresolved) == ["nobody.invalid"]


def test_an_address_of_an_excluded_name_is_never_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(host: str, port: object, *more: Any, **options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.8", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    with listening("127.0.0.8") as port:
        found = _found(
            {"127.0.0.8": (port,), "127.0.0.7": (port,)}, without=excluded([hosts("secret.example")])
        )
    assert list(found.seen) == [("127.0.0.7", "127.0.0.7")]


def test_many_ports_with_few_descriptors() -> None:
    """More are silent at once than there is room for: they wait for each other, and none is missed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = max(map(int, os.listdir("/proc/self/fd")))  # in a process of many tests they are sparse
    with ExitStack() as stack:
        ports = [stack.enter_context(listening("127.0.0.2")) for _ in range(60)]
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (opened + 60 + 30, hard))
            found = _found({"127.0.0.2": tuple(ports)})
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sorted(found.seen["127.0.0.2", "127.0.0.2"].open) == sorted(ports)


def test_no_faster_than_was_agreed() -> None:
    started = time.monotonic()
    _found({f"127.0.1.{n}": (1, 2) for n in range(100)}, rate=400.0)
    _found({"127.0.1.1": tuple(range(1, 21))}, host_rate=50.0)
    assert time.monotonic() - started > 0.8 * (200 / 400 + 20 / 50)


def test_a_port_that_is_connected_with_itself_is_closed() -> None:
    """The system may give a connection the very port that it is to: then it is connected with itself (RFC 9293, 3.5)."""
    with listening("127.0.0.1") as port:
        assert asyncio.run(connected("127.0.0.1", port, BOUND)) is True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "getsockname", socket.socket.getpeername)
            assert asyncio.run(connected("127.0.0.1", port, BOUND)) is False


def test_an_interrupted_search_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.live.fleet.discovery.SAVED_EVERY", 0.0)
    saved: list[Swept] = []
    with listening("127.0.0.2") as one, listening("127.0.0.2") as two:
        sweep = Sweep({"127.0.0.2": (one, *range(1, 9), two)}, 5000.0, 20.0)

        async def ended() -> Swept:
            task = asyncio.ensure_future(discover(sweep, saved=lambda s: saved.append(deepcopy(s))))
            await come(lambda: len(saved) > 3, "some ports are done")
            task.cancel()
            return await task

        assert not asyncio.run(ended()).complete
        noted = saved[-1]
        assert noted.open == [("127.0.0.2", "127.0.0.2", one)]
        rounds, tried = noted.rounds, noted.connections
        assert rounds == tried
        whole = asyncio.run(discover(sweep, so_far=noted))
    assert whole.complete
    assert whole.connections == 10
    assert whole.seen["127.0.0.2", "127.0.0.2"] == Seen([one, two], 8, 0)

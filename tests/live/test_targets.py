"""Many targets at once: each to its own end, whatever the others do; nobody asked faster than was agreed; and what is
kept of them in the order of the list."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import pytest
from live_servers import raw

from batten.live.assessment import Assessment, Tally, Target, run_all
from batten.live.exchange import Probe, Steps
from batten.live.probes import stages
from batten.live.survey import Survey
from batten.live.targets import AT_ONCE, DESCRIPTORS, RESERVED, most_at_once
from batten.policy import Environment
from servers import free_port
from waiting import BOUND, come, forever

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n"


class Server:
    """Answers everything, and notes when it was asked. One that is `held` waits for others to be asked first."""

    def __init__(self, held: int = 0) -> None:
        self.held = held
        self.times: list[float] = []
        self.others: list[Server] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.times.append(time.monotonic())
            await come(
                lambda: all(len(other.times) >= self.held for other in self.others), "requests to the others"
            )
            writer.write(ANSWER + (b"" if head.startswith(b"HEAD") else b"hi"))
            await writer.drain()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await forever()


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        await writer.drain()
        await asyncio.sleep(0.05)


def _target(port: int, path: str = "", **more: Any) -> Target:
    options = {"rate": 5000.0, "budget": 60} | more
    return Target(Environment(f"{port}{path}", f"http://127.0.0.1:{port}{path}", **options))


def _all(servers: list[Any], made: Callable[[list[int]], list[Target]], **more: Any) -> list[Assessment]:
    async def ran() -> list[Assessment]:
        async with AsyncExitStack() as stack:
            ports = [await stack.enter_async_context(raw(server)) for server in servers]
            return await asyncio.to_thread(run_all, made(ports), lambda _, assessment: assessment, **more)

    return asyncio.run(ran())


def test_targets_that_hang_hold_up_no_other_and_end_by_themselves() -> None:
    """The first of two at once are the ones that hang: the others pass by."""
    ended: list[int] = []
    seconds = 3.0
    servers = [_silent, *(Server() for _ in range(6)), _endless]

    async def ran() -> list[Assessment]:
        async with AsyncExitStack() as stack:
            ports = [await stack.enter_async_context(raw(server)) for server in servers]
            targets = [_target(port, timeout=seconds) for port in (*ports, free_port())]

            def kept(index: int, assessment: Assessment) -> Assessment:
                ended.append(index)
                return assessment

            return await asyncio.to_thread(run_all, targets, kept, None, 2)

    silent, *healthy, endless, nobody = asyncio.run(ran())
    assert [a.exchanges for a in healthy] == [60] * 6
    assert all(a.facts for a in healthy)
    for hung in (silent, endless):
        assert hung.complete
        assert not hung.facts
        assert any("no complete answer within 3 s" in p.message for p in hung.not_assessed)
    assert any("Connect" in p.message for p in nobody.not_assessed)
    assert sorted(ended) == list(range(len(servers) + 1))
    assert ended.index(0) > 1  # one that answers was done before the first that does not


def test_targets_are_assessed_at_once() -> None:
    """Each of two waits for the other's requests: one after the other they would never end."""
    servers = [Server(held=1), Server(held=1)]
    for server in servers:
        server.others = servers
    both = _all(servers, lambda ports: [_target(port, timeout=BOUND) for port in ports])
    assert all(a.facts for a in both)
    told = [p.message for a in both for p in a.not_assessed]
    assert not [one for one in told if "budget" not in one and "questions were not answered" not in one]


def test_targets_of_one_place_together_are_asked_no_faster_than_one_of_them() -> None:
    rate, budget = 100, 80
    server = Server()
    paths = ("", "/second", "/third")
    told = {"rate": rate, "budget": budget}
    _all([server], lambda ports: [_target(ports[0], path, **told) for path in paths])
    times = server.times
    assert len(times) > 2.5 * budget
    assert times[-1] - times[0] > 0.5 * (len(times) - len(paths)) / rate


def test_two_names_of_one_address_are_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is asked for one of them after the other."""
    real = socket.getaddrinfo

    def known(host: str, port: object, *more: Any, **options: Any) -> list[Any]:
        if not host.endswith(".example"):
            return real(host, port, *more, **options)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    order: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            order.extend(name for name in "ab" if f"\r\nHost: {name}.example" in head)
            writer.write(ANSWER + (b"" if head.startswith("HEAD") else b"hi"))
            await writer.drain()

    def made(ports: list[int]) -> list[Target]:
        urls = (f"http://{name}.example:{ports[0]}" for name in "ab")
        return [Target(Environment(url, url, rate=5000, budget=40)) for url in urls]

    _all([serve], made)
    assert order == sorted(order)
    assert {"a", "b"} == set(order)


def test_a_name_that_nobody_resolves_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver is asked in a thread that the end of a run does not wait for."""
    over = threading.Event()
    real = socket.getaddrinfo

    def stalling(host: str, port: object, *more: Any, **options: Any) -> list[Any]:
        if host == "slow.example":
            over.wait(BOUND)
        return real("127.0.0.1", port, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", stalling)
    monkeypatch.setattr("batten.live.scope.LOOKUP_SECONDS", 0.5)
    try:
        slow = Target(Environment("slow", "http://slow.example:1", rate=5000))
        first, second = _all([Server()], lambda ports: [slow, _target(ports[0])])
        assert not over.is_set()
    finally:
        over.set()
    assert second.facts
    assert any(
        "slow.example does not resolve: no answer within 0.5 s" in p.message for p in first.not_assessed
    )


def test_the_tally_counts_all_targets() -> None:
    told: list[Tally] = []
    _all([Server(), Server()], lambda ports: [_target(port) for port in ports], advance=told.append)
    assert (told[0].done, told[0].targets, told[0].requests, told[0].budget) == (0, 2, 1, 120)
    assert (told[-1].done, told[-1].requests) == (2, 120)
    assert all(before.requests <= after.requests for before, after in pairwise(told))


def test_as_many_at_once_as_the_process_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for files, expected in ((RESERVED + 3 * DESCRIPTORS, 3), (RESERVED, 1), (4096, AT_ONCE)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))
            assert most_at_once() == expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_probe_that_fails_costs_its_own_answers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(survey: Survey) -> Steps:
        yield survey.get("/")
        raise KeyError("what the target said")

    def planned(survey: Survey) -> Iterator[list[Probe]]:
        return iter(([Probe("a broken one", broken(survey))], *stages(survey)))

    monkeypatch.setattr("batten.live.runner.stages", planned)
    (assessment,) = _all([Server()], lambda ports: [_target(ports[0], budget=2000)])
    assert assessment.facts
    (missed,) = assessment.not_assessed
    assert "a broken one: internal error (KeyError)" in missed.message
    assert "what the target said" not in repr(assessment.not_assessed)

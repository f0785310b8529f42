"""A client, the guard's connection and its upstream in one thread and without a network: every order of events can
be played, and played again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
from cases.plays import CUT, ENDLESS, HANG, PLAYS, RESET
from guard_contracts import compiled
from guard_upstream import usual

from batten.guard.options import Mode, Options, Rule
from batten.guard.proxy.front import Front
from batten.guard.proxy.meter import Meters
from batten.guard.proxy.settings import Address, Settings
from batten.guard.proxy.settings import Upstream as To
from batten.guard.proxy.upstream import Link, Pool, Taker
from batten.guard.proxy.wire import Asked
from batten.guard.proxy.worker import Worker

MOST_STEPS = 20_000
SETTINGS = Settings(Path("openapi.yaml"), To(Address("127.0.0.1", 1)), Address("127.0.0.1", 0))
Turn = Callable[[], object]


class Wire(asyncio.Transport):
    """One end. What is called later is put into `soon`."""

    def __init__(self, protocol: asyncio.Protocol, soon: deque[Turn]) -> None:
        super().__init__()
        self._protocol = protocol
        self._soon = soon
        self.written = bytearray()
        self.held = self.ended = self.closed = self.aborted = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended, "bytes after the end"
        if not self.closed:
            self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.lose(None)

    def abort(self) -> None:
        self.aborted = True
        self.lose(None)

    def lose(self, error: Exception | None) -> None:
        if not self.closed:
            self.closed = True
            self._soon.append(lambda: self._protocol.connection_lost(error))

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.held = True

    def resume_reading(self) -> None:
        self.held = False

    @property
    def takes(self) -> bool:
        return not (self.closed or self.held)


class Far(Wire):
    """The upstream's end: it answers each request that llhttp finds whole, and notes if it says more than that."""

    def __init__(self, link: Link, soon: deque[Turn], said: Callable[[bytes, bytes, bytes], bytes]) -> None:
        super().__init__(link, soon)
        self.link = link
        self._said = said
        self._parser = httptools.HttpRequestParser(self)
        self._url = self._play = b""
        self.pending: deque[bytes] = deque()
        self.cut: Callable[[bytes], list[bytes]] = lambda data: [data] if data else []
        self.late = self.over = self.partial = False
        self.refused: Exception | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        super().write(data)
        if self.refused is None:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserError as error:
                self.refused = error

    def on_message_begin(self) -> None:
        self._url = self._play = b""
        self.partial = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-play":
            self._play = value

    def on_message_complete(self) -> None:
        self.partial = False
        self.over = self.over or bool(self.pending)
        said = self._said(self._parser.get_method(), self._url, self._play)
        for mark in (CUT, RESET, HANG, ENDLESS):
            if said.endswith(mark):
                self.pending += [*self.cut(said.removesuffix(mark)), mark]
                return
        self.pending += self.cut(said)

    def deliver(self) -> None:
        piece = self.pending.popleft()
        if piece == RESET:
            self.lose(ConnectionResetError())
        elif piece == CUT:
            self.link.eof_received()
            self.lose(None)
        elif piece in (HANG, ENDLESS):
            self.late = True
        else:
            self.link.data_received(piece)


class Pooled(Pool):
    """A pool whose connections are made at once, or at their turn."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(SETTINGS, memory.worker.clock, memory.worker.meter)
        self._memory = memory

    def _open(self, taker: Taker) -> None:
        self._opening += 1
        self._memory.soon.append(lambda: self._opened(taker))

    def _opened(self, taker: Taker) -> None:
        self._opening -= 1
        link = Link(self)
        far = Far(link, self._memory.soon, self._memory.said)
        far.cut = self._memory.cut
        self._memory.fars.append(far)
        link.connection_made(far)
        self.links.add(link)
        link.begin(taker)
        taker.connected(link)


@dataclass
class Noted:
    """Instead of an access log."""

    is_on: bool = True
    lines: list[tuple[Asked | None, int]] = field(default_factory=list)

    def add(self, peer: str, asked: Asked | None, operation: str, status: int, size: int, seconds: float,
            rule: Rule | None, reference: str, service: str = "") -> None:  # fmt: skip
        self.lines.append((asked, status))


def said_usually(method: bytes, target: bytes, play: bytes) -> bytes:
    return PLAYS.get(play.decode("latin-1")) or usual(method, target)


_WORKERS: dict[Mode, Worker] = {}


def worker(mode: Mode) -> Worker:
    """One for all connections, as in a process that serves."""
    made = _WORKERS.get(mode)
    if made is None:
        made = _WORKERS[mode] = Worker(SETTINGS, compiled(Options(mode)), Meters(1).row(0))
    return made


class Memory:
    """One connection of a client, played to its end."""

    def __init__(
        self,
        mode: Mode = Mode.ENFORCE,
        said: Callable[[bytes, bytes, bytes], bytes] = said_usually,
        cut: Callable[[bytes], list[bytes]] = lambda data: [data] if data else [],
    ) -> None:
        self.worker = worker(mode)
        self.soon: deque[Turn] = deque()
        self.said = said
        self.cut = cut
        self.fars: list[Far] = []
        self.noted = Noted()
        self.worker.pool = Pooled(self)
        self.worker.access = self.noted  # type: ignore[assignment]
        self.worker.draining = False
        self.front = Front(self.worker, False)
        self.near = Wire(self.front, self.soon)
        self.front.connection_made(self.near)
        self._stuck = False

    def play(
        self, pieces: list[bytes], choose: Callable[[int], int] = lambda many: 0, chaos: int = 0
    ) -> Memory:
        """`choose` takes one of so many things that may come next; `chaos` is how many of a hundred are mishaps."""
        waiting = deque(pieces)
        for _ in range(MOST_STEPS):
            if chaos and choose(100) < chaos:
                self._mishap(choose)
            turns = self._turns(waiting)
            if not turns and self._stuck:
                self._flow()
            elif turns:
                turns[choose(len(turns)) if len(turns) > 1 else 0]()
            elif not self._end(bool(waiting)):
                return self
        raise AssertionError("it comes to no end")

    def _turns(self, waiting: deque[bytes]) -> list[Turn]:
        if self.soon:
            return [self.soon.popleft()]
        turns: list[Turn] = [far.deliver for far in self.fars if far.pending and far.takes]
        if waiting and self.near.takes:
            turns.append(lambda: self.front.data_received(waiting.popleft()))
        return turns

    def _end(self, unread: bool) -> bool:
        """Nothing moves any more: what is late is told so, and the client goes. False when all is over."""
        for far in self.fars:
            if far.link.taker is not None and not far.closed:
                assert not (far.partial and far.link.asked_whole), "what was sent as whole is none"
                far.link.late()
                return True
        if self.near.closed:
            return False
        if not self.near.held and not unread and not self.near.ended and not self.front.eof_received():
            self.near.close()
            return True
        self.front.late()
        if not self.near.closed and not self.soon:
            self.near.lose(None)
        return True

    def _mishap(self, choose: Callable[[int], int]) -> None:
        links = [far for far in self.fars if not far.closed]
        far = links[choose(len(links))] if links else None
        match choose(9):
            case 0 if far is not None:
                far.lose(ConnectionResetError())
            case 1 if far is not None and far.link.taker is not None:
                far.link.late()
            case 2 if far is not None:
                far.link.pause_writing()
                self.soon.append(far.link.resume_writing)
            case 3 if not self.near.closed:
                self.near.lose(ConnectionResetError())
            case 4 if not self.near.closed and not self._stuck:
                self._stuck = True
                self.front.pause_writing()
            case 5 if self._stuck:
                self._flow()
            case 6 if not self.near.closed and self.front.deadline != float("inf"):
                self.front.late()
            case 7:
                self.worker.draining = True
                self.front.drain()
            case 8 if not self.near.closed and not self.near.held and not self.front.eof_received():
                self.near.close()
            case _:
                pass

    def _flow(self) -> None:
        self._stuck = False
        if not self.near.closed:
            self.front.resume_writing()

"""Connections to the upstream: kept alive, bounded in number and in time."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from typing import Protocol, cast

from batten.guard.proxy import wire
from batten.guard.proxy.answers import Answers, Told
from batten.guard.proxy.clock import Clock
from batten.guard.proxy.framing import BadFraming, Framing, UntilClose
from batten.guard.proxy.lines import Malformed
from batten.guard.proxy.meter import Meter
from batten.guard.proxy.reaching import tls_of
from batten.guard.proxy.settings import Local, Settings, Upstream

MOST_HEAD = 65_536  # bytes of an answer's head
MOST_INTERIM = 8  # 1xx answers before the one that counts


class Taker(Protocol):
    """The party that sent the request and receives the answer."""

    method: str

    def connected(self, link: Link) -> None: ...
    def on_answer(self, told: Told) -> None: ...
    def on_piece(self, data: bytes) -> None: ...
    def on_end(self) -> None: ...
    def on_failure(self, status: int, reason: str, untouched: bool) -> None: ...
    def hold(self) -> None: ...
    def go_on(self) -> None: ...


class Link(asyncio.Protocol):
    """One connection. Between two answers `taker` is None, and any byte then ends it."""

    __slots__ = ("_body", "_buffer", "_head_seen", "_interim", "_persists", "_pool", "_touched", "asked_whole",
                 "deadline", "reused", "taker", "transport")  # fmt: skip

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.transport: asyncio.Transport | None = None
        self.taker: Taker | None = None
        self.reused = False
        self.deadline = 0.0
        self.asked_whole = False
        self._buffer = b""
        self._body: Framing | None = None
        self._head_seen = self._touched = self._persists = False
        self._interim = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class

    def begin(self, taker: Taker) -> None:
        self.taker = taker
        self._buffer = b""
        self._head_seen = self._touched = self.asked_whole = False
        self._interim = 0
        self.expect_answer()

    def expect_answer(self) -> None:
        self.deadline = self._pool.clock.now + self._pool.settings.deadlines.answer

    def expect_more(self) -> None:
        self.deadline = self._pool.clock.now + self._pool.settings.deadlines.stall

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._touched = True
        try:
            if self.taker is None:
                self.abort()
            elif self._head_seen:
                self._on_body(data)
            else:
                self._on_head(self._buffer + data if self._buffer else data)
        except (Malformed, BadFraming) as error:
            self._fail(502, f"the answer is malformed: {error}")

    def _on_head(self, data: bytes) -> None:
        taker = self.taker
        while taker is not None:
            end = data.find(wire.END)
            if end < 0 or end > MOST_HEAD:
                self._buffer = data
                if len(data) > MOST_HEAD:
                    raise Malformed("its header section is too long")
                if wire.is_torn_answer(data):
                    raise Malformed("its header section is ambiguous")
                return
            told = self._pool.answers.read(data[: end + 4], taker.method)
            data = data[end + 4 :]
            if told.status >= 200:
                break
            self._interim += 1
            if told.status == 101 or self._interim > MOST_INTERIM:
                raise Malformed("it switches protocols, or sends too many 100 Continue")
        self._head_seen = True
        self._buffer = b""
        self._body = told.body
        self._persists = told.persists
        assert taker is not None
        taker.on_answer(told)
        if self.taker is not taker:
            return  # it wants no more of it
        if told.body is None:
            self._finish(data)
        elif data:
            self._on_body(data)

    def _on_body(self, data: bytes) -> None:
        body, taker = self._body, self.taker
        if body is None or taker is None:
            self.abort()
            return
        piece = body.take(data)
        if piece:
            taker.on_piece(piece)
        if body.done and self.taker is taker:
            self._finish(body.rest)

    def _finish(self, rest: bytes) -> None:
        """The answer is whole. A connection that says more than that is read in two ways."""
        taker, self.taker = self.taker, None
        self._body = None
        if rest or not self._persists or not self.asked_whole:
            self.abort()
        else:
            self._pool.give_back(self)
        if taker is not None:
            taker.on_end()

    def eof_received(self) -> bool:
        if self.taker is not None and self._head_seen and self._body is not None and not self._body.done:
            taker = self.taker
            if type(self._body) is UntilClose:
                self.taker = None
                taker.on_end()
            else:
                self._fail(502, "the answer was truncated")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self.eof_received()
        self._fail(502, "the connection was lost")
        self._pool.forget(self)

    def late(self) -> None:
        self._fail(504, "no answer arrived in time" if not self._head_seen else "the answer stopped")

    def _fail(self, status: int, reason: str) -> None:
        taker, self.taker = self.taker, None
        untouched = not self._touched
        self.abort()
        if taker is not None:
            taker.on_failure(status, reason, untouched)

    def leave(self) -> None:
        """The client no longer waits for the answer."""
        self.taker = None
        self.abort()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()
        self._pool.forget(self)

    def pause_writing(self) -> None:
        if self.taker is not None:
            self.taker.hold()

    def resume_writing(self) -> None:
        if self.taker is not None:
            self.taker.go_on()


class Pool:
    """A worker's connections to its upstream."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        meter: Meter,
        number: int = 0,
        tls: Mapping[Upstream, ssl.SSLContext | None] | None = None,
    ) -> None:
        """`number` is the upstream's among those of the guard, `tls` how it is spoken to, where that is known already.
        Raises GuardProblem."""
        self.settings = settings
        self.clock = clock
        self.links: set[Link] = set()  # all that are open
        self.failures = 0
        self.answers = Answers()
        self._idle: list[Link] = []
        self._opening = 0
        self._waiting: deque[tuple[float, Taker]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._upstream = settings.upstream
        self._meter, self._number = meter, number
        known = tls or {}
        self._tls = known[self._upstream] if self._upstream in known else tls_of(self._upstream)

    def renew_tls(self) -> None:
        """For connections that are made from now on. Raises GuardProblem, and changes nothing."""
        self._tls = tls_of(self._upstream)

    def ask(self, taker: Taker, fresh: bool = False) -> None:
        """Sooner or later `taker.connected` or `taker.on_failure` is called."""
        while self._idle and not fresh:
            link = self._idle.pop()
            if link.transport is not None and not link.transport.is_closing():
                link.reused = True
                link.begin(taker)
                taker.connected(link)
                return
        if len(self.links) + self._opening < self.settings.upstream_connections or self._drop_idle():
            self._open(taker)
        elif len(self._waiting) < self.settings.queued:
            self._waiting.append((self.clock.now + self.settings.deadlines.queue, taker))
        else:
            taker.on_failure(503, "too many requests wait for the upstream", False)

    def _drop_idle(self) -> bool:
        if not self._idle:
            return False
        self._idle.pop(0).abort()
        return True

    def _open(self, taker: Taker) -> None:
        self._opening += 1
        task = asyncio.get_running_loop().create_task(self._connect(taker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, taker: Taker) -> None:
        try:
            link = await asyncio.wait_for(self._opened(), self.settings.deadlines.connect)
        except (TimeoutError, OSError, ssl.SSLError) as error:
            self._opening -= 1
            self.failures += 1
            self._meter.tried_upstream(False, self._number)
            late = isinstance(error, asyncio.TimeoutError)
            why = "the upstream does not answer" if late else f"the upstream cannot be reached: {error}"
            taker.on_failure(504 if late else 502, why, False)
            self._serve_waiting()
            return
        self._opening -= 1
        self._meter.tried_upstream(True, self._number)
        self.links.add(link)
        link.begin(taker)
        taker.connected(link)

    async def _opened(self) -> Link:
        """Raises OSError and ssl.SSLError."""
        loop, where = asyncio.get_running_loop(), self._upstream.address
        if isinstance(where, Local):
            _, link = await loop.create_unix_connection(lambda: Link(self), str(where.path))
            return link
        name = (self._upstream.name or where.host) if self._tls is not None else None
        _, link = await loop.create_connection(
            lambda: Link(self), where.host, where.port, ssl=self._tls, server_hostname=name
        )
        return link

    def give_back(self, link: Link) -> None:
        if self._waiting:
            _, taker = self._waiting.popleft()
            link.reused = True
            link.begin(taker)
            taker.connected(link)
        else:
            self._idle.append(link)

    def forget(self, link: Link) -> None:
        if link not in self.links:
            return
        self.links.discard(link)
        if link in self._idle:
            self._idle.remove(link)
        self._serve_waiting()

    def forget_answers(self) -> None:
        """What they are dressed with has changed."""
        self.answers = Answers()

    def withdraw(self, taker: Taker) -> None:
        """It went away while it waited."""
        if self._waiting:
            self._waiting = deque((until, one) for until, one in self._waiting if one is not taker)

    def _serve_waiting(self) -> None:
        while self._waiting and len(self.links) + self._opening < self.settings.upstream_connections:
            self._open(self._waiting.popleft()[1])

    def sweep(self, now: float) -> None:
        """End what is late."""
        while self._waiting and self._waiting[0][0] < now:
            self._waiting.popleft()[1].on_failure(503, "no upstream connection became free", False)
        for link in [link for link in self.links if link.taker is not None and link.deadline < now]:
            link.late()

    def close(self) -> None:
        for link in list(self.links):
            link.abort()

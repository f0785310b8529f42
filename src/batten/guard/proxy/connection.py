"""A client's connection as a stream: what flows, what waits, and how it ends."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Protocol

from batten.guard.accounting import Accounting
from batten.guard.options import Rule
from batten.guard.proxy import wire
from batten.guard.proxy.access import AccessLog
from batten.guard.proxy.clock import Clock
from batten.guard.proxy.lanes import Lanes
from batten.guard.proxy.lines import Lines
from batten.guard.proxy.meter import Meter
from batten.guard.proxy.onward import Sections
from batten.guard.proxy.passage import Passage
from batten.guard.proxy.settings import Settings
from batten.guard.proxy.upstream import Pool
from batten.guard.proxy.wire import Asked
from batten.guard.verdicts import Headers

HEAD, BODY, BUSY, LINGER, CLOSED = range(5)
LINGER_SECONDS = 2.0


class Workshop(Protocol):
    """The worker that a connection belongs to."""

    settings: Settings
    accounting: Accounting
    clock: Clock
    pool: Pool
    meter: Meter
    access: AccessLog
    lines: Lines
    sections: Sections
    lanes: Lanes | None
    draining: bool
    date: bytes

    def joined(self, front: Connection) -> None: ...
    def left(self, front: Connection) -> None: ...


class Connection(asyncio.Protocol, ABC):
    """What it carries is for who reads it (front.py)."""

    __slots__ = ("_asked", "_bytes", "_ends", "_held", "_passage", "_serving", "_state", "_stuck", "_tls", "_waiting", "_workshop",
                 "deadline", "transport")  # fmt: skip

    def __init__(self, workshop: Workshop, tls: bool) -> None:
        self._workshop = workshop
        self._tls = tls
        self._state = HEAD
        self._waiting = b""  # bytes whose turn it is not
        self._serving = False
        self._ends = False  # nothing is read after this answer
        self._held = self._stuck = False  # the client is not read from; does not read
        self._asked: Asked | None = None
        self._passage: Passage | None = None
        self._bytes = 0
        self.transport: asyncio.Transport | None = None
        self.deadline = 0.0

    @abstractmethod
    def late(self) -> None:
        """Its deadline has passed."""

    @abstractmethod
    def _serve(self, data: bytes) -> None:
        """Take what has come as far as it goes."""

    # What comes and goes

    def connection_lost(self, error: Exception | None) -> None:
        self._state = CLOSED
        passage, self._passage = self._passage, None
        if passage is not None:
            passage.client_gone()
        self._workshop.left(self)

    def eof_received(self) -> bool:
        """A client may say that it will ask no more, and still wait for what it has asked."""
        if self._state == BUSY and not self._tls:
            self._ends = True
            self._waiting = b""
            return True
        return False

    def pause_writing(self) -> None:
        """A client that does not read is not read from either, or its answers would gather here."""
        self._stuck = True
        self.pause_reading()
        self.deadline = self._workshop.clock.now + self._workshop.settings.deadlines.stall
        if self._passage is not None:
            self._passage.client_is_slow()

    def resume_writing(self) -> None:
        self._stuck = False
        self.resume_reading()
        if self._passage is not None:
            self.deadline = float("inf")
            self._passage.client_reads()
        elif self._state == HEAD:
            self.deadline = self._workshop.clock.now + self._workshop.settings.deadlines.idle
            if self._waiting and not self._serving:
                self._serve(self._waiting)

    @property
    def is_idle(self) -> bool:
        return self._state == HEAD and not self._waiting

    def write(self, data: bytes) -> None:
        self._bytes += len(data)
        if self.transport is not None:
            self.transport.write(data)

    def go_on(self) -> None:
        if self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def pause_reading(self) -> None:
        if not self._held and self.transport is not None and not self.transport.is_closing():
            self._held = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._held and self.transport is not None and not self.transport.is_closing():
            self._held = False
            self.transport.resume_reading()

    # Answers

    def write_head(self, status: int, fields: bytes, framing: bytes) -> None:
        """Of an answer whose body follows."""
        asked = self._asked
        if not framing and asked is not None and asked.is_old:
            self._ends = True
        self._write_head(status, fields, framing)

    def _write_head(self, status: int, fields: bytes, framing: bytes = b"", body: bytes = b"") -> None:
        asked = self._asked
        if self._workshop.draining or (asked is not None and asked.body is not None and not asked.body.done):
            self._ends = True
        end = b"connection: close\r\n\r\n" if self._ends else b"\r\n"
        self.write(b"".join((wire.STATUS_LINES[status], fields, framing, end, body)))

    def write_answer(self, status: int, fields: bytes, body: bytes) -> None:
        """One that is whole, and tells its own length."""
        if self._asked is not None and self._asked.method == "HEAD":
            body = b""
        self._write_head(status, fields, b"", body)

    def write_own(self, status: int, headers: Headers, body: bytes) -> None:
        """One that the guard makes."""
        self.write_answer(status, wire.written((*headers, (b"date", self._workshop.date))), body)

    # Endings

    def cut(self, rule: Rule | None) -> None:
        """An answer that was begun cannot be ended: the client must see that it is not whole."""
        if rule is not None:
            self._workshop.meter.enforced(rule)
        self._abort()

    def _close(self) -> None:
        """A close with unread bytes resets the connection, and takes the answer with it: read on for a while."""
        transport = self.transport
        self._waiting = b""
        if transport is None or transport.is_closing():
            return
        unread = self._state == BODY or self._asked is None or self._asked.body is not None
        self._state = LINGER
        self._bytes = 0
        self.resume_reading()
        if not unread:
            transport.close()
            return
        self.deadline = self._workshop.clock.now + LINGER_SECONDS
        if transport.can_write_eof():
            transport.write_eof()

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def drain(self, patience: float = 0.0) -> None:
        """No more requests are taken. A client that has connected a moment ago has `patience` seconds for its first: it
        could not know."""
        is_idle = self._state == HEAD and not self._waiting
        if patience and is_idle and not self._bytes:
            self.deadline = min(self.deadline, self._workshop.clock.now + patience)
        elif is_idle and self.transport is not None:
            self._state = LINGER
            self.transport.close()
        else:
            self._ends = True

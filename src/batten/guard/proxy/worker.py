"""One process that serves: its connections, and what they share."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from email.utils import formatdate

from batten.guard.accounting import Accounting
from batten.guard.compiled import Compiled
from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy import meter as cells
from batten.guard.proxy.access import AccessLog
from batten.guard.proxy.arrivals import Arrivals
from batten.guard.proxy.clock import TICK, Clock
from batten.guard.proxy.connection import Connection
from batten.guard.proxy.follower import Follower
from batten.guard.proxy.front import Front
from batten.guard.proxy.lanes import Lanes
from batten.guard.proxy.lines import Lines
from batten.guard.proxy.meter import Meter
from batten.guard.proxy.onward import Sections
from batten.guard.proxy.settings import Settings, Upstream
from batten.guard.proxy.sockets import BACKLOG
from batten.guard.proxy.tls import server_context, take_certificate
from batten.guard.proxy.upstream import Pool
from batten.guard.requests.buckets import Buckets
from batten.guard.senders.trust import Trusted
from batten.guard.tally import Tally
from batten.guard.traffic.counts import Traffic
from batten.model.record import record

_FIRST_REQUEST = 5.0  # seconds at the end for clients that have connected and sent nothing yet
_ACCEPTED = 0.05  # seconds until connections that the loop has accepted are known here
_LOOKED_AT = 64  # connections among which an idle one is sought when there are too many


@record
class Given:
    """What a supervisor has made ready for its workers, and one by itself does without: what all count together,
    reloads, and certificates that are good even where their files no longer are."""

    buckets: Buckets = field(default_factory=Buckets)
    follower: Follower | None = None
    tls: ssl.SSLContext | None = None
    upstream_tls: Mapping[Upstream, ssl.SSLContext | None] = field(default_factory=dict)


class Worker:
    """Made outside the loop, so that what cannot be used is told before anything is served."""

    def __init__(
        self, settings: Settings, compiled: Compiled, meter: Meter, given: Given | None = None
    ) -> None:
        given = given or Given()
        self.settings = settings
        self._traffic = Traffic(settings.traffic, settings.learns) if settings.traffic else None
        self.accounting = Accounting(compiled, Tally(), self._traffic, given.buckets)
        self.follower = given.follower
        self.tls = given.tls
        if self.tls is None and settings.certificate is not None:
            self.tls = server_context(settings.certificate, settings.key)
        self.clock = Clock()
        self.meter = meter
        self.pool = Pool(settings, self.clock, meter, tls=given.upstream_tls)
        self.lanes = None
        if settings.services:
            self.lanes = Lanes(settings, self.clock, meter, self.accounting, given.upstream_tls)
        self._pools = [self.pool, *(self.lanes.pools if self.lanes is not None else ())]
        self.lines = Lines()
        self.sections = Sections()
        self.access = AccessLog(settings.access_log)
        self.draining = False
        self.date = formatdate(usegmt=True).encode()
        self._fronts: dict[Connection, None] = {}
        self._gone: asyncio.Event | None = None

    async def serve(self, listeners: Sequence[socket.socket], stop: asyncio.Event) -> None:
        """Until `stop` is set and what was under way is answered."""
        loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()
        closes = [await self._listen(listener) for listener in listeners]
        ticking = loop.create_task(self._tick(stop))
        self.meter.put(cells.READY, 1)
        self.meter.add(cells.BEAT)
        try:
            await stop.wait()
            self.draining = True
            self.meter.put(cells.READY, 0)
            await asyncio.sleep(self.settings.deadlines.drain_delay)
            for close in closes:
                close()
            await asyncio.sleep(_ACCEPTED)
            await self._drain()
        finally:
            ticking.cancel()
            self.meter.rest()
            for pool in self._pools:
                pool.close()
            self.access.flush()
            if self._traffic is not None:
                self._traffic.flush()

    async def _listen(self, listener: socket.socket) -> Callable[[], object]:
        """Accept connections; what is returned ends that."""
        loop, settings = asyncio.get_running_loop(), self.settings
        handshake = settings.deadlines.handshake
        if settings.proxy_protocol:
            trusted = self.accounting.compiled.trusted or Trusted()
            arrivals = Arrivals(trusted, self._front, self.tls, handshake, settings.connections)
            return loop.create_task(arrivals.take(listener)).cancel
        server = await loop.create_server(
            self._front,
            sock=listener,
            ssl=self.tls,
            ssl_handshake_timeout=handshake if self.tls is not None else None,
            backlog=BACKLOG,
        )
        return server.close

    def _front(self, source: str = "") -> Front:
        return Front(self, self.tls is not None, source)

    def joined(self, front: Connection) -> None:
        if len(self._fronts) >= self.settings.connections:
            self._make_room(front)
        self._fronts[front] = None

    def _make_room(self, front: Connection) -> None:
        """The one that has been here longest and asks nothing goes; where all are busy, the new one."""
        for at, old in enumerate(self._fronts):
            if old.is_idle:
                old.drain()
                self._fronts.pop(old)
                return
            if at >= _LOOKED_AT:
                break
        if front.transport is not None:
            front.transport.abort()

    def left(self, front: Connection) -> None:
        self._fronts.pop(front, None)
        if self.draining and not self._fronts and self._gone is not None:
            self._gone.set()

    async def _drain(self) -> None:
        for front in list(self._fronts):
            front.drain(_FIRST_REQUEST)
        if self._fronts and self._gone is not None:
            try:
                await asyncio.wait_for(self._gone.wait(), self.settings.deadlines.drain)
            except TimeoutError:
                logger.warning("%d connections were closed at shutdown", len(self._fronts))
        for front in list(self._fronts):
            if front.transport is not None:
                front.transport.abort()
        await asyncio.sleep(0)

    async def _tick(self, stop: asyncio.Event) -> None:
        sweep = 0.0
        parent = os.getppid()
        while True:
            await asyncio.sleep(TICK)
            now = self.clock.tick()
            self.meter.add(cells.BEAT)
            self.access.flush()
            if now - sweep >= min(1.0, self.settings.deadlines.head / 4):
                sweep = now
                self.date = formatdate(usegmt=True).encode()
                for front in [front for front in self._fronts if front.deadline < now]:
                    front.late()
                for pool in self._pools:
                    pool.sweep(now)
                self.meter.put(cells.CLIENTS, len(self._fronts))
                self.meter.put(cells.UPSTREAMS, sum(len(pool.links) for pool in self._pools))
                self.meter.put(cells.FAILURES, sum(pool.failures for pool in self._pools))
                self.meter.put(cells.LOG_LOST, self.access.lost)
                if os.getppid() != parent:
                    stop.set()  # nobody is left who would end it
            if self.follower is not None:
                if self.follower.has_new_credentials():
                    self._take_certificates()
                ready = self.follower.take()
                if ready is not None:
                    self.accounting = Accounting(
                        ready.compiled, self.accounting.tally, self._traffic, self.accounting.buckets
                    )
                    self.pool.forget_answers()
                    if self.lanes is not None:
                        self.lanes.take(self.accounting)

    # Reload

    def _take_certificates(self) -> None:
        """What the supervisor found usable."""
        settings = self.settings
        try:
            if self.tls is not None and settings.certificate is not None:
                take_certificate(self.tls, settings.certificate, settings.key)
            for pool in self._pools:
                pool.renew_tls()
        except GuardProblem as problem:  # changed again: the supervisor will see that
            logger.warning("the old certificate stays in force: %s", problem)


async def run(worker: Worker, listeners: Sequence[socket.socket]) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP opens the log anew: reloads are the supervisor's."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def again() -> None:
        try:
            worker.access.reopen()
        except OSError as error:
            logger.error("the access log could not be reopened: %s", error)

    loop.add_signal_handler(signal.SIGHUP, again)
    await worker.serve(listeners, stop)

"""The process that holds the listeners and keeps the workers alive."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
import time
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import InitVar, dataclass, field

import uvloop

from batten.guard.log import logger
from batten.guard.proxy import reaching
from batten.guard.proxy import worker as serving
from batten.guard.proxy.admin import Admin
from batten.guard.proxy.follower import Follower
from batten.guard.proxy.meter import BEAT, READY, REPLACED, Meters
from batten.guard.proxy.reloading import Ready
from batten.guard.proxy.rollout import Rollout
from batten.guard.proxy.settings import Settings
from batten.guard.proxy.sockets import Listeners
from batten.guard.proxy.versions import Versions
from batten.guard.proxy.worker import Given, Worker
from batten.guard.requests.buckets import Buckets
from batten.masking import failure

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_PATIENCE = 5.0  # seconds beyond the deadline in which a worker must end by itself
_SHORT_LIFE = 1.0  # a worker that lives no longer is not started again at once
GRACE = 1.0  # seconds from SIGTERM to SIGKILL
_BEGINNING = 6  # times as long for the first sign
_LOOK = 1.0  # seconds that one look counts for at most: a machine that slept is not a worker that hangs


class Notifier:
    """For the service manager (sd_notify(3)). Silent where none asked for it. The variables are removed, since they concern
    no child process."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        where = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        process = environment.pop("WATCHDOG_PID", str(os.getpid()))
        self._where = "\0" + where[1:] if where.startswith("@") else where
        is_watched = microseconds.isdigit() and process == str(os.getpid())
        self._every = int(microseconds) / 2_000_000 if is_watched else 0.0  # seconds; half of what is allowed
        self._next = 0.0
        self._status = ""

    def ready(self, status: str) -> None:
        self._send(f"READY=1\nMAINPID={os.getpid()}\nSTATUS={status}")

    def reloading(self) -> None:
        """`Type=notify-reload` needs the time, and waits for `ready`."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def stopping(self, status: str) -> None:
        self._send(f"STOPPING=1\nSTATUS={status}")

    def alive(self) -> None:
        """Often enough, where WatchdogSec= is set."""
        now = time.monotonic()
        if self._every and now >= self._next:
            self._next = now + self._every
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._where:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.sendto(text.encode(), self._where)
        except OSError:
            return  # a manager that is away needs no word


@dataclass(slots=True)
class Watch:
    """Workers that have stopped to answer: what each one's row shows, and for how long it has shown that."""

    meters: Meters = field(repr=False)
    seconds: float  # without a sign of life; 0 for no end
    _looked: float = 0.0
    _beats: dict[int, int] = field(default_factory=dict)  # process -> what its row showed
    _silent: dict[int, float] = field(default_factory=dict)  # process -> seconds
    _warned: set[int] = field(default_factory=set)  # processes that got SIGTERM

    def turn(self, workers: Mapping[int, int], now: float) -> None:
        """Look at the workers (process: number)."""
        passed = min(now - self._looked, _LOOK) if self._looked else 0.0
        self._looked = now
        for process in self._beats.keys() - workers.keys():
            del self._beats[process], self._silent[process]
            self._warned.discard(process)
        for process, number in workers.items():
            beat = self.meters.row(number).get(BEAT)
            if self._beats.get(process) != beat:
                self._beats[process], self._silent[process] = beat, 0.0
                continue
            self._silent[process] += passed
            limit = self.seconds if beat else self.seconds * _BEGINNING
            if limit and self._silent[process] >= limit:
                self._end(process, number, self._silent[process], limit)

    def _end(self, process: int, number: int, silent: float, limit: float) -> None:
        if process not in self._warned:
            self._warned.add(process)
            self.meters.row(number).add(REPLACED)
            logger.error("worker %d has not answered for %.0f seconds and is replaced", number, silent)
            _send(process, signal.SIGTERM)
        elif silent >= limit + GRACE:
            _send(process, signal.SIGKILL)


def _send(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


@dataclass(slots=True)
class Supervisor:
    """Each listener outlives the worker that accepts from it: what waits there is served by the next one."""

    settings: Settings
    ready: InitVar[Ready]
    rollout: Rollout = field(init=False, repr=False)
    listeners: Listeners = field(init=False, repr=False)
    admin: Admin | None = None
    notifier: Notifier = field(default_factory=lambda: Notifier(os.environ), repr=False)
    meters: Meters = field(init=False, repr=False)
    watch: Watch = field(init=False, repr=False)
    workers: dict[int, int] = field(default_factory=dict)  # process -> number
    started: dict[int, float] = field(default_factory=dict)  # number -> when
    due: dict[int, float] = field(default_factory=dict)  # number -> when it is to be started
    buckets: Buckets = field(default_factory=Buckets, repr=False)  # of all workers together
    ending: set[int] = field(default_factory=set)  # processes that were told to
    stopping: bool = False
    reloading: bool = False  # and the service manager waits for its end
    since: float = 0.0  # when it began to stop

    def __post_init__(self, ready: Ready) -> None:
        """Raises GuardProblem for a certificate that cannot be used."""
        self.meters = Meters(self.settings.workers)
        versions = Versions(self.settings.workers)
        ready.announce()
        self.rollout = Rollout(self.settings, ready, versions, self.meters.row(0))
        self.watch = Watch(self.meters, self.settings.deadlines.stuck)

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises GuardProblem where an address cannot be had."""
        self._prepare()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        gc.freeze()  # pages that a collection does not touch stay shared
        logger.info("serving on %s", self.listeners.where)
        for number in range(self.settings.workers):
            self._start(number)
        announced = False
        while not self.stopping or self.workers:
            hurried = self.admin is not None or not announced or self.rollout.is_under_way
            seen = signal.sigtimedwait(_SIGNALS, 0.05 if hurried else 0.5)
            if seen is not None:
                self._on_signal(signal.Signals(seen.si_signo))
            self._reap()
            now = time.monotonic()
            for start_number in [n for n, when in self.due.items() if when <= now and not self.stopping]:
                del self.due[start_number]
                self._start(start_number)
            if not self.stopping:
                self.rollout.turn(time.monotonic())
                # A worker that cannot take a reload ends, and the next one starts with it.
                stuck = self.rollout.stuck(time.monotonic())
                for process, replace_number in self.workers.items():
                    if replace_number in stuck and process not in self.ending:
                        logger.error("worker %d cannot take the reload and is replaced", replace_number)
                        self.ending.add(process)
                        os.kill(process, signal.SIGTERM)
                self.watch.turn(self.workers, time.monotonic())
            if self.admin is not None:
                self.admin.serve(len(self.workers), self.stopping)
            if not announced and self.meters.sum(READY) == self.settings.workers:
                self.notifier.ready(f"serving on {self.listeners.where}")
                announced = True
            if self.reloading and not self.rollout.is_under_way:
                self.notifier.ready(f"serving on {self.listeners.where}")
                self.reloading = False
            self.notifier.alive()
            # No connection is queued after the delay: what waits there then would never be answered.
            if self.stopping:
                end_now, deadlines = time.monotonic(), self.settings.deadlines
                if end_now > self.since + deadlines.drain_delay:
                    self.listeners.close()
                if end_now > self.since + deadlines.drain_delay + deadlines.drain + _PATIENCE:
                    self._tell(signal.SIGKILL)
        self.listeners.close()

    def check(self) -> None:
        """What cannot be used is told now, and once. Raises GuardProblem."""
        rollout = self.rollout
        given = Given(self.buckets, tls=rollout.tls, upstream_tls=rollout.upstream_tls)
        Worker(self.settings, rollout.held.compiled, self.meters.row(0), given)
        for number, upstream in enumerate(self.settings.upstreams):
            self.meters.row(0).tried_upstream(reaching.check(upstream), number)

    def _prepare(self) -> None:
        """Raises GuardProblem."""
        self.check()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.listeners = Listeners(self.settings.listen, self.settings.workers)
        if self.settings.admin is not None:
            self.admin = Admin(self.settings.admin, self.meters, self.rollout)

    def _on_signal(self, number: signal.Signals) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            # The second time, what is under way is no longer waited for.
            if self.stopping:
                logger.warning("stopped at once: requests in progress were aborted")
                self._tell(signal.SIGKILL)
            else:
                self.stopping, self.since = True, time.monotonic()
                self.notifier.stopping("requests in progress are finished")
                self._tell(signal.SIGTERM)
        elif number is signal.SIGHUP:
            self.notifier.reloading()
            self.reloading = True
            self._tell(signal.SIGHUP)
            self.rollout.turn(time.monotonic(), asked=True)

    def _tell(self, number: signal.Signals) -> None:
        for process in self.workers:
            os.kill(process, number)

    def _reap(self) -> None:
        while self.workers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            number = self.workers.pop(process, None)
            self.ending.discard(process)
            if number is None:
                continue
            self.meters.row(number).rest()
            if self.stopping:
                continue
            code = os.waitstatus_to_exitcode(status)
            logger.error("worker %d exited with %d and is restarted", number, code)
            now = time.monotonic()
            soon = self.started[number] + _SHORT_LIFE
            self.due[number] = now if now > soon else now + _SHORT_LIFE

    def _start(self, number: int) -> None:
        self.started[number] = time.monotonic()
        process = os.fork()
        if process:
            self.workers[process] = number
            return
        code = 1
        try:
            self._work(number)
            code = 0
        except BaseException as error:
            logger.error("worker %d failed: %s", number, failure(error))
        finally:
            os._exit(code)

    def _work(self, number: int) -> None:
        self.listeners.keep(number)
        if self.admin is not None:
            self.admin.close()
        rollout = self.rollout
        follower = Follower(self.settings, rollout.versions, number, rollout.held, rollout.next)
        given = Given(self.buckets, follower, rollout.tls, rollout.upstream_tls)
        made = Worker(self.settings, rollout.held.compiled, self.meters.row(number), given)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_unblocked(made, self.listeners.of(number)))


async def _unblocked(made: Worker, listeners: list[socket.socket]) -> None:
    task = asyncio.ensure_future(serving.run(made, listeners))
    await asyncio.sleep(0)  # its handlers stand
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    await task

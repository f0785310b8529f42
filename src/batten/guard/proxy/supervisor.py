"""The process that holds the listeners and keeps the workers alive."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from batten.guard.compiled import Compiled
from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy import worker as serving
from batten.guard.proxy.admin import Admin
from batten.guard.proxy.meter import Meters
from batten.guard.proxy.reloading import compiled
from batten.guard.proxy.settings import Address, Settings
from batten.guard.proxy.worker import Worker
from batten.masking import failure
from batten.policy import PolicyProblem

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_SHORT_LIFE = 1.0  # a worker that lives no longer is not started again at once


@dataclass(slots=True)
class Supervisor:
    """Each listener outlives the worker that accepts from it: what waits there is served by the next one."""

    settings: Settings
    ready: tuple[Compiled, tuple[Path, ...]] = field(repr=False)
    listeners: list[socket.socket] = field(default_factory=list)
    meters: Meters = field(init=False, repr=False)
    workers: dict[int, int] = field(default_factory=dict)  # process -> number
    started: dict[int, float] = field(default_factory=dict)  # number -> when
    due: dict[int, float] = field(default_factory=dict)  # number -> when it is to be started
    stopping: bool = False

    def __post_init__(self) -> None:
        self.meters = Meters(self.settings.workers)

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises GuardProblem where an address cannot be had."""
        Worker(self.settings, self.ready, self.meters.row(0))  # what cannot be used is told now, and once
        _raise_file_limit()
        listen = self.settings.listen
        for _ in range(self.settings.workers):
            self.listeners.append(bound(listen))
            listen = Address(listen.host, self.listeners[0].getsockname()[1])
        admin = Admin(self.settings.admin, self.meters) if self.settings.admin is not None else None
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        gc.freeze()  # pages that a collection does not touch stay shared
        logger.info("serving on %s", listen)
        for number in range(self.settings.workers):
            self._start(number)
        end = 0.0
        while not self.stopping or self.workers:
            seen = signal.sigtimedwait(_SIGNALS, 0.05 if admin is not None else 0.5)
            if seen is not None:
                self._on_signal(signal.Signals(seen.si_signo))
            self._reap()
            self._start_due()
            if admin is not None:
                admin.serve(len(self.workers), self.stopping)
            if self.stopping:
                end = end or time.monotonic() + self.settings.deadlines.drain + 5
                if time.monotonic() > end:
                    self._tell(signal.SIGKILL)

    def _on_signal(self, number: signal.Signals) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self.stopping = True
            self._tell(signal.SIGTERM)
        elif number is signal.SIGHUP:
            self._tell(signal.SIGHUP)
            self._reload()

    def _reload(self) -> None:
        """For workers that are started later."""
        try:
            self.ready = compiled(self.settings)
        except (GuardProblem, PolicyProblem) as problem:
            logger.error("the reload failed, the old configuration stays in force: %s", problem)

    def _tell(self, number: signal.Signals) -> None:
        for process in self.workers:
            os.kill(process, number)

    def _reap(self) -> None:
        while self.workers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            number = self.workers.pop(process, None)
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

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [n for n, when in self.due.items() if when <= now and not self.stopping]:
            del self.due[number]
            self._start(number)

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
        for other, listener in enumerate(self.listeners):
            if other != number:
                listener.close()
        made = Worker(self.settings, self.ready, self.meters.row(number))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_unblocked(made, self.listeners[number]))


async def _unblocked(made: Worker, listener: socket.socket) -> None:
    task = asyncio.ensure_future(serving.run(made, listener))
    await asyncio.sleep(0)  # its handlers stand
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    await task


def bound(where: Address) -> socket.socket:
    """A listener that others may share. Raises GuardProblem."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((where.host, where.port))
        listener.listen(4_096)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise GuardProblem(f"cannot listen on {where}: {error.strerror}; choose another --listen") from error
    return listener


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

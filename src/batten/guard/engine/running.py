"""The process that looks after a server: starts it, hands it changes, reads its log, and ends it in order."""

from __future__ import annotations

import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from batten.cell import server
from batten.files.followed import Followed
from batten.files.named import remove_named
from batten.files.temporary import private_folder
from batten.guard.engine import control, programs
from batten.guard.engine.generations import CONTROL, LOG, Generation, generation, put_in_force
from batten.guard.engine.programs import Engine, Program
from batten.guard.engine.traffic_lines import count
from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy import meter as cells
from batten.guard.proxy.admin import Admin
from batten.guard.proxy.meter import Meters
from batten.guard.proxy.reloading import stamps
from batten.guard.proxy.settings import Address, Settings
from batten.guard.traffic.counts import Traffic
from batten.policy import PolicyProblem

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_SHORT_LIFE = 10.0  # seconds; a server that lives no longer has failed
MOST_FAILURES = 6  # one after the other
_LONGEST_WAIT = 30.0
_START_SECONDS = 60.0
_SETTLED = 2.0  # seconds; HAProxy's first process loses signals that come before it waits for them
_AGAIN = 0.5  # seconds between two requests to end, for the same reason
_MILLI = 0.001


def run(settings: Settings, chosen: Program) -> None:
    """Until SIGTERM or SIGINT. Raises GuardProblem and PolicyProblem where the server cannot be started."""
    assert isinstance(settings.listen, Address)
    where = settings.listen
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    try:
        socket.create_server((where.host, where.port), family=family).close()
    except OSError as error:
        raise GuardProblem(f"cannot listen on {where}: {error.strerror}; choose another --listen") from error
    with private_folder() as work, private_folder(0o711 if chosen.user else 0o700) as scratch:
        first = generation(settings, chosen, work, scratch, "a")
        first.ready.announce()
        for note in first.made.notes:
            logger.warning("not enforced: %s", note)
        Keeper(settings, chosen, work, scratch, first).run()


@dataclass(slots=True)
class Keeper:
    """`work` holds what the server reads and writes; `scratch` is where its workers may write."""

    settings: Settings
    chosen: Program
    work: Path
    scratch: Path
    current: Generation
    meters: Meters = field(default_factory=lambda: Meters(1), repr=False)
    traffic: Traffic | None = None
    log: Followed = field(init=False, repr=False)
    process: server.Process | None = None
    started: float = 0.0
    due: float = 0.0
    failures: int = 0
    ready: bool = False
    owed: bool = False  # the server is still to be told of a change
    stopping: bool = False
    watched: float = 0.0
    seen: object = None
    making: threading.Thread | None = None
    made: list[Generation | Exception] = field(default_factory=list)

    def run(self) -> None:
        admin = Admin(self.settings.admin, self.meters) if self.settings.admin is not None else None
        if self.settings.traffic is not None:
            self.traffic = Traffic(self.settings.traffic)
        self.log = Followed(self.work / LOG)
        self.seen = self._stamps()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        put_in_force(self.current, self.chosen.engine, self.work)
        try:
            self._start()
            while not self.stopping:
                seen = signal.sigtimedwait(_SIGNALS, 0.05)
                if seen is not None:
                    self._on_signal(signal.Signals(seen.si_signo))
                self._look()
                if admin is not None:
                    admin.serve(int(self.process is not None), False)
            self._end(admin)
        finally:
            if self.process is not None:
                server.end(self.process, 0.0)
            self._count()
            if self.traffic is not None:
                self.traffic.flush()

    def _on_signal(self, number: signal.Signals) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self.stopping = True
        elif number is signal.SIGHUP:
            self._renew()

    def _look(self) -> None:
        self._reap()
        now = time.monotonic()
        if self.process is None and now >= self.due:
            self._start()
        if not self.ready and self.process is not None:
            self._await()
        self._take()
        self._count()
        if now - self.watched >= self.settings.watch_seconds:
            self.watched = now
            self._watch()

    # The server's life

    def _start(self) -> None:
        drain = self.settings.deadlines.drain
        remove_named(
            self.work / CONTROL
        )  # a server that was killed has left it behind, and nginx does not take it over
        command = programs.command(self.chosen, self.work, self.settings.workers, drain)
        try:
            self.process = server.start(command, self.log.descriptor, self.work)
        except OSError as error:
            raise GuardProblem(f"{self.chosen.path} cannot be started: {error.strerror}") from error
        self.started, self.ready = time.monotonic(), False

    def _await(self) -> None:
        """Whether it accepts connections."""
        where = self.settings.listen
        assert isinstance(where, Address)
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(where.host, where.host)
        try:
            socket.create_connection((host, where.port), 0.2).close()
        except OSError:
            if time.monotonic() - self.started > _START_SECONDS and self.process is not None:
                logger.error(
                    "%s does not listen after %.0f seconds", self.chosen.engine.value, _START_SECONDS
                )
                server.end(self.process, 0.0)
            return
        self.ready = True
        self.meters.row(0).put(cells.READY, 1)
        logger.info("%s serves on %s", self.chosen.engine.value, where)

    def _reap(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        lived = time.monotonic() - self.started
        self.failures = self.failures + 1 if lived < _SHORT_LIFE else 1
        server.end(self.process, 0.0)  # what it has left behind would keep the address
        code, self.process = self.process.returncode, None
        self.meters.row(0).rest()
        name = self.chosen.engine.value
        if self.failures >= MOST_FAILURES or not (self.ready or self.failures > 1):
            raise GuardProblem(
                f"{name} ended with {code} and is not started again; its own messages are above"
            )
        wait = min(0.25 * 2**self.failures, _LONGEST_WAIT)
        self.due = time.monotonic() + wait
        logger.error("%s ended with %d and is restarted in %.1f seconds", name, code, wait)

    def _end(self, admin: Admin | None) -> None:
        """Requests in progress are finished, at most for the time that was given."""
        if self.process is None:
            return
        self.meters.row(0).put(cells.READY, 0)
        number = programs.ending(self.chosen.engine)
        if number is None:
            control.drain_envoy(self.work / CONTROL)
        end, told = time.monotonic() + self.settings.deadlines.drain, 0.0
        while self.process.poll() is None and time.monotonic() < end:
            if number is not None and time.monotonic() - told > _AGAIN:
                told = time.monotonic()
                self.process.send_signal(number)
            signal.sigtimedwait(_SIGNALS, 0.05)
            self._count()
            if admin is not None:
                admin.serve(1, True)
            if number is None and not control.envoy_is_busy(self.work / CONTROL):
                break
        server.end(self.process, 5.0)

    # Changes

    def _stamps(self) -> object:
        pair = tuple(p for p in (self.settings.certificate, self.settings.key) if p is not None)
        return stamps((*self.current.ready.files, *pair))

    def _watch(self) -> None:
        if self.process is not None and self.ready:
            open_now = control.connections(self.chosen.engine, self.work / CONTROL)
            if open_now is not None:
                self.meters.row(0).put(cells.CLIENTS, open_now)
        seen = self._stamps()
        if seen != self.seen:
            self._renew()

    def _renew(self) -> None:
        """What is written for the server, and its verdict on it, beside what goes on."""
        if self.making is None or not self.making.is_alive():
            self.seen = self._stamps()
            self.making = threading.Thread(target=self._make, daemon=True)
            self.making.start()

    def _make(self) -> None:
        slot = "b" if self.current.folder.name == "a" else "a"
        try:
            self.made.append(generation(self.settings, self.chosen, self.work, self.scratch, slot))
        except (GuardProblem, PolicyProblem) as problem:
            self.made.append(problem)
        except Exception as error:  # a bug must not leave the guard without a contract
            self.made.append(error)

    def _take(self) -> None:
        while self.made:
            found = self.made.pop(0)
            row = self.meters.row(0)
            if isinstance(found, Exception):
                row.add(cells.RELOADS_FAILED)
                logger.error("the reload failed, the old configuration stays in force: %s", found)
                continue
            self.current = found
            put_in_force(found, self.chosen.engine, self.work)
            self.owed = self.process is not None
            row.add(cells.RELOADS)
            logger.info("contract and policy were reloaded")
        if self.owed and self.process is not None and time.monotonic() - self.started > _SETTLED:
            self.owed = False
            number = programs.renewing(self.chosen.engine)
            if number is not None:
                self.process.send_signal(number)

    # The log

    def _count(self) -> None:
        unit = 1.0 if self.chosen.engine is Engine.NGINX else _MILLI
        for line in self.log.lines():
            count(line, unit, self.current.ready.compiled, self.meters.row(0), self.traffic)

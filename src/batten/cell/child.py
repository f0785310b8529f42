"""A module of batten's own in a process of its own: what it works on may be hostile, so it can hang, grow, or crash.

The process leads a session, so all that it starts ends with it; it ends with the thread that waits for it, too
(`PR_SET_PDEATHSIG`, prctl(2): Linux). It sets its limits itself, before it reads anything (`confine`): code between fork
and exec would run in a process that has other threads.
"""

from __future__ import annotations

import ctypes
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import batten
from batten.cell.held import Leash, follow
from batten.model.record import record

MIB = 1 << 20
_HOME = Path(batten.__file__).parents[1]
_PIECE = 1 << 16
_LOOK = 0.2  # seconds between two looks at the clock and at who wants it to stop
_GRACE = 2.0  # seconds that it has to end by itself
_LONGEST = 4096  # bytes of a line of progress
_PDEATHSIG = 1


@record(kw_only=True)
class Bounds:
    """What a child may use. Sizes in bytes, times in seconds; `wall` is by a monotonic clock."""

    wall: float = 900.0
    processor: int = 600
    memory: int = 2048 * MIB
    output: int = 64 * MIB
    file: int = 256 * MIB  # the largest that it may write
    files: int = 1024  # open at once


@record(kw_only=True)
class Task:
    """A module to run, what it reads on its standard input, and all that it learns of its surroundings."""

    module: str
    given: bytes
    folder: Path
    environment: Mapping[str, str]
    bounds: Bounds = Bounds()


@record
class Ended:
    """How a child ended: its exit code (negative: the signal), all that it printed, and its last line of progress. `stopped`
    says why it was ended before it ended itself, `cancelled` that somebody wanted it."""

    code: int
    out: bytes
    last: str
    stopped: str = ""
    cancelled: bool = False


def confine(words: list[str]) -> None:
    """Set the limits that the parent handed over as arguments, in the child, before it reads anything."""
    parent, processor, memory, file, files, leash = map(int, words)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before it could be waited for
        os._exit(1)
    for kind, value in (
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(kind)[1]
        within = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (within, within))
    follow(leash)


def run(task: Task, heard: Callable[[str], None], cancelled: Callable[[], bool]) -> Ended:
    """What a child says. Each line of its standard error is handed to `heard`; `cancelled` is asked a few times a second.
    It goes on only as long as the caller proves that the work is its own (`held.py`). Raises OSError where it cannot be
    started."""
    leash = Leash()
    try:
        bounds = task.bounds
        limits = (os.getpid(), bounds.processor, bounds.memory, bounds.file, bounds.files, leash.child)
        process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-B", "-m", task.module, *map(str, limits)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=task.folder, bufsize=0,
            env={**task.environment, "PYTHONPATH": str(_HOME)}, start_new_session=True,
            pass_fds=[leash.child] if leash.child >= 0 else [],
        )  # fmt: skip
        try:
            return _Talk(process, task, leash, heard, cancelled).ended()
        finally:
            _kill(process)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
    finally:
        leash.close()


class _Talk:
    """What passes between parent and child until it ends."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        task: Task,
        leash: Leash,
        heard: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self.process, self.task, self.leash = process, task, leash
        self.heard, self.wanted = heard, cancelled
        self.given = memoryview(task.given)
        self.ins, self.outs, self.errs = (s.fileno() for s in (process.stdin, process.stdout, process.stderr))
        self.out, self.line, self.last = bytearray(), bytearray(), ""
        self.stopped, self.cancelled = "", False
        self.end = time.monotonic() + task.bounds.wall

    def ended(self) -> Ended:
        with selectors.DefaultSelector() as chosen:
            for descriptor in (self.ins, self.outs, self.errs):
                os.set_blocking(descriptor, False)
                chosen.register(
                    descriptor, selectors.EVENT_WRITE if descriptor == self.ins else selectors.EVENT_READ
                )
            while not self.stopped and any(k.fd != self.ins for k in chosen.get_map().values()):
                for key, _ in chosen.select(_LOOK):
                    self._moved(key.fd, chosen)
                self._look()
        while not self.stopped and self.process.poll() is None:  # it closed its outputs and goes on
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_LOOK)
            self._look()
        if self.stopped:
            _end(self.process)
        self._told(b"\n" if self.line else b"")
        return Ended(self.process.wait(), bytes(self.out), self.last, self.stopped, self.cancelled)

    def _moved(self, descriptor: int, chosen: selectors.BaseSelector) -> None:
        try:
            if descriptor == self.ins:
                self.given = self.given[os.write(descriptor, self.given[:_PIECE]) :]
                over = not self.given
            else:
                piece = os.read(descriptor, _PIECE)
                over = not piece
                (self._printed if descriptor == self.outs else self._told)(piece)
        except BlockingIOError:
            return
        except BrokenPipeError:  # it reads no more
            over = True
        if over:
            chosen.unregister(descriptor)
            if descriptor == self.ins and self.process.stdin is not None:
                with suppress(BrokenPipeError):
                    self.process.stdin.close()

    def _printed(self, piece: bytes) -> None:
        self.out += piece
        if len(self.out) > self.task.bounds.output:
            self.stopped = f"it printed more than {self.task.bounds.output // MIB} MiB"

    def _told(self, piece: bytes) -> None:
        *lines, rest = (bytes(self.line) + piece).split(b"\n")
        self.line = bytearray(rest[-_LONGEST:])
        for line in lines:
            said = line[:_LONGEST].decode("utf-8", "replace").strip()
            if said:
                self.last = said
                self.heard(said)

    def _look(self) -> None:
        if self.stopped:
            return
        self.leash.hold()
        if self.wanted():
            self.stopped, self.cancelled = "it was cancelled", True
        elif time.monotonic() >= self.end:
            self.stopped = f"it did not finish within {self.task.bounds.wall:g} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and a little later end it with all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

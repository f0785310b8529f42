"""What is asked of a program, and what it answers. Importing these types imports nothing that runs programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from batten.model.record import record

COPY = "/cell/copy"  # where the files of an order lie, read-only
ROOM = "/cell/tmp"  # the working directory: the only folder that can be written to, empty at first
MIB = 1 << 20


@record
class Bounds:
    """What a program may use. Sizes in bytes."""

    seconds: float = 10.0  # of wall clock
    processor: int = 10  # seconds of processor time
    memory: int = 1024 * MIB
    file: int = 32 * MIB  # the largest file it may write
    room: int = 64 * MIB  # all that it may write
    output: int = 4 * MIB  # each of standard output and standard error
    files: int = 256  # open at once


@record
class Order:
    """A program to be run. Arguments and files speak of COPY and ROOM, wherever those are on this machine."""

    program: Path
    arguments: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)  # below COPY
    given: bytes = b""  # on its standard input
    visible: tuple[Path, ...] = ()  # more of this machine that it may read
    loads: tuple[Path, ...] = ()  # shared objects that it opens by itself; they bring their libraries along
    environment: Mapping[str, str] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)
    forks: bool = False  # whether it may start processes (of itself: there is no other program)
    network: bool = False  # whether it shares this machine's network
    reserves: bool = False  # whether it reserves far more address space than it uses, as Go and Envoy do
    # Whether root stays root in a cell without namespaces, though without root's powers: access(2), by which git looks
    # for its files, asks who somebody is, not what he may.
    keeps_user: bool = False
    # Whether its processes may share memory by System V's calls, in a namespace of their own.
    segments: bool = False
    until: bytes = b""  # it has answered when it prints this, and is ended


@record
class Answer:
    """What a program said. `code` is its exit code, 0 when `until` ended it."""

    code: int
    out: bytes
    err: bytes

    @property
    def errors(self) -> str:
        return self.err.decode("utf-8", "replace")

    @property
    def output(self) -> str:
        return self.out.decode("utf-8", "replace")


@record
class NotAsked:
    """No verdict: the program was not run, was stopped before it answered, or `ran` and stumbled over what only this
    machine lacks. Never to be read as consent."""

    program: str
    reason: str
    hint: str = ""
    ran: bool = False

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.program} {'gave no verdict' if self.ran else 'did not run'}: {self.reason}{hint}"


def undecided(program: str, words: str) -> NotAsked:
    """The program stopped at something that says nothing of the file; what follows it was not looked at."""
    said = " ".join(words.split())[:200] or "it failed without a reason"
    return NotAsked(program, f"it stopped before the end of the file: {said}", ran=True)

"""Runs an order in the best cell that this system offers; in none, the order is not carried out."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import IO, cast

from batten.cell import scripts, trust
from batten.cell.order import Answer, NotAsked, Order
from batten.cell.place import NoRoom, Place, Started, Unable, inward, place_for
from batten.cell.talk import Said, kill, talk
from batten.model.record import record

NO_CELL = "this system has no sandbox for programs"
NO_ROOM = "there is no folder for its temporary files"
GIVE_ROOM = "set TMPDIR to a folder that can be written"
ALLOW = "install bubblewrap, or trust the files with --trust"
_STATUS = 4096
_FAILED = b"\0"  # a launcher says so of a program that could not be started after all
# Kinds of cell by system, best first. They are modules, since each needs what only its system has.
KINDS = {"linux": ("bubblewrap", "landlock"), "darwin": ("seatbelt",)}


@record
class Cell:
    """A kind of cell: how it starts an order, and what it tells when it could."""

    started: Callable[[Order, Place, int | None], Started | Unable]
    made: bytes


def cells() -> list[Cell]:
    """The kinds of cell to try here, best first. Windows has none, and no way to hand a plan to a launcher."""
    if os.name != "posix":
        return []
    names = ("bare",) if trust.is_given() else KINDS.get(sys.platform, ())
    modules = (import_module(f"batten.cell.{name}") for name in names)
    return [Cell(m.started, cast(bytes, m.MADE)) for m in modules]


def run(order: Order) -> Answer | NotAsked:
    """What the program says to the order."""
    name = order.program.name
    unwrapped = scripts.unwrapped(order)
    if isinstance(unwrapped, NotAsked):
        return unwrapped
    order = unwrapped
    for cell in cells():
        said = _tried(cell, order, name)
        if said is not None:
            return said
    return NotAsked(name, NO_CELL, ALLOW)


def _tried(cell: Cell, order: Order, name: str) -> Answer | NotAsked | None:
    """What comes of the order in one kind of cell; None where it cannot be had."""
    try:
        return _said(cell, order, name)
    except NoRoom:
        return NotAsked(name, NO_ROOM, GIVE_ROOM)


def _said(cell: Cell, order: Order, name: str) -> Answer | NotAsked | None:
    """The same. Raises NoRoom."""
    with place_for() as place:
        started = cell.started(order, place, None)
        if isinstance(started, Unable):
            return None
        try:
            said = talk(started.process, order.given, order.until, order.bounds, place.room)
        finally:
            if started.process.poll() is None:  # Ctrl-C
                kill(started.process)
                started.process.wait()
            told = _told(started)
        if (cell.made in told and _FAILED not in told) or said.stopped or said.answered:
            return _answer(name, said, place if started.moved else None)
    return None


def _told(started: Started) -> bytes:
    """What a cell told of itself; it has ended."""
    with os.fdopen(started.status, "rb") as stream:
        return stream.read(_STATUS)


_LAST_SIGNAL = 64  # a code above 128 + 64 is the program's own: lighttpd ends with 255


def _answer(name: str, said: Said, moved: Place | None) -> Answer | NotAsked:
    if said.stopped:
        return NotAsked(name, said.stopped)
    out, err = (inward(text, moved) if moved else text for text in (said.out, said.err))
    if said.answered:
        return Answer(0, out, err)
    signal = -said.code if said.code < 0 else said.code - 128
    if 0 < signal <= _LAST_SIGNAL:
        return NotAsked(
            name, f"it was ended by signal {signal}, often a sign of too much processor time or memory"
        )
    return Answer(said.code, out, err)


@record
class Running:
    """A program at work in its cell."""

    started: Started
    log: IO[bytes]

    def ended(self) -> bool:
        return self.started.process.poll() is not None

    def said(self) -> str:
        """All that it has printed so far."""
        return os.pread(self.log.fileno(), _STATUS * 256, 0).decode("utf-8", "replace")


@contextmanager
def running(order: Order, harmless: tuple[str, ...]) -> Iterator[Running | NotAsked]:
    """The program, at work for as long as the block lasts. It is killed then, with all that it started. It is first
    asked something `harmless`, such as its version, which shows which kind of cell can be had."""
    refused = NotAsked(order.program.name, NO_CELL, ALLOW)
    for cell in cells():
        said = _tried(cell, replace(order, arguments=harmless), order.program.name)
        if not isinstance(said, Answer):
            refused = said or refused
            continue
        with place_for() as place, tempfile.TemporaryFile() as log:
            started = cell.started(order, place, log.fileno())
            if isinstance(started, Unable):
                continue
            try:
                yield Running(started, log)
            finally:
                kill(started.process)
                started.process.wait()
                os.close(started.status)
            return
    yield refused

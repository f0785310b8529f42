"""Many targets at once in one loop: each within its own policy, and none beside another at the same place."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from batten.contract import Contract
from batten.live.calls import survey_of
from batten.live.runner import Assessment, conduct
from batten.live.scene import Scene
from batten.live.scope import Covers, Names, scope_of
from batten.live.survey import Survey
from batten.live.writing.created import Note
from batten.live.writing.labels import fresh_label
from batten.model import Problem
from batten.model.record import record
from batten.policy import Environment

if sys.platform != "win32":
    import resource

AT_ONCE = 32  # at 50 requests a second each, what one core manages: more would only take memory
DESCRIPTORS = 24  # that one target may hold: connections of eight probes, and what waits to be used again
RESERVED = 64  # for everything else
FORGOTTEN = 8  # targets after which what they left behind is collected

Place = tuple[str, int]
T = TypeVar("T")


@record
class Target:
    """An environment, and what is known of the API there."""

    environment: Environment
    contract: Contract | None = None
    origins: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()  # regular expressions that configurations hold origins against
    note: Note | None = None  # keeps what may have been created there


@record
class Tally:
    """How far a round is: targets that are done, of all, and requests, of those that may be made."""

    done: int
    targets: int
    requests: int
    budget: int


Advance = Callable[[Tally], None]


def most_at_once() -> int:
    """Targets that are assessed at once, as far as the file descriptors of the process go."""
    if sys.platform == "win32":
        return AT_ONCE
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(AT_ONCE, (files - RESERVED) // DESCRIPTORS))


def unasked(environment: Environment) -> Assessment:
    """What is known of an environment whose turn did not come before the interrupt."""
    source = environment.url or environment.name
    reason = Problem(source, "probe", "not assessed: everything: interrupted", hint="run the probe again")
    return Assessment(environment.name, not_assessed=[reason], complete=False)


class Round(Generic[T]):
    """All targets once. Those that share an address and a port follow each other, so that nobody is asked faster
    than one of them may ask; a target begins when its places are free, in the order of the list."""

    def __init__(
        self,
        targets: Sequence[Target],
        reduced: Callable[[int, Assessment], T],
        advance: Advance | None,
        without: Covers | None = None,
    ) -> None:
        self.targets = targets
        self.reduced = reduced
        self.advance = advance
        self.names = Names(without)
        self._label = fresh_label()
        self.kept: dict[int, T] = {}
        self._waiting = dict.fromkeys(range(len(targets)))
        self._places: dict[int, frozenset[Place]] = {}
        self._surveys: dict[int, Survey] = {}
        self._busy: set[Place] = set()
        self._changed = asyncio.Event()
        self._requests = dict.fromkeys(range(len(targets)), 0)
        self._asked = 0
        self._budget = sum(t.environment.budget for t in targets)

    async def everything(self, at_once: int) -> list[T]:
        """What is kept of each target, in their order."""
        naming = [asyncio.ensure_future(self._locate(index)) for index in self._waiting]
        workers = [asyncio.ensure_future(self._work()) for _ in range(min(at_once, len(self.targets)))]
        try:
            await asyncio.gather(*naming, *workers)
        except asyncio.CancelledError:
            pass  # each worker has kept what it knows
        finally:
            await _ended((*workers, *naming))
        for index in self._waiting:
            self.kept[index] = self.reduced(index, unasked(self.targets[index].environment))
        return [self.kept[index] for index in range(len(self.targets))]

    async def _locate(self, index: int) -> None:
        """Where packets to a target go. Names that share an address share the machine behind it."""
        places: set[Place] = set()
        for host, port in scope_of(self.targets[index].environment):
            try:
                places |= {(address, port) for address in await self.names.addresses(host)}
            except socket.gaierror:
                places.add((host, port))  # the assessment tells of it
        self._places[index] = frozenset(places)
        self._changed.set()

    async def _work(self) -> None:
        while self._waiting:
            index = self._free()
            if index is None:
                self._changed.clear()
                await self._changed.wait()
            elif not await self._one(index):
                return

    def _free(self) -> int | None:
        known = (i for i in self._waiting if i in self._places)
        return next((i for i in known if self._busy.isdisjoint(self._places[i])), None)

    async def _one(self, index: int) -> bool:
        """Assess a target and keep what its assessment is reduced to; False when it was interrupted."""
        target, places = self.targets[index], self._places[index]
        del self._waiting[index]
        self._busy |= places
        assessment = await conduct(
            self._survey(target), lambda done, budget: self._told(index, done), self.names, target.note
        )
        self._busy -= places
        self._changed.set()
        self.kept[index] = self.reduced(index, assessment)
        if len(self.kept) % FORGOTTEN == 0:
            # Tasks and errors that refer to each other: with hundreds of targets they add up.
            gc.collect()
        self._told(index, self._requests[index])
        return assessment.complete

    def _survey(self, target: Target) -> Survey:
        """What a contract says is worked out once, however many environments share it."""
        known = self._surveys.get(id(target.contract))
        if known is None:
            known = survey_of(
                target.environment, target.contract, target.origins, target.patterns, self._label
            )
            self._surveys[id(target.contract)] = known
        environment, origins, patterns = target.environment, target.origins, target.patterns
        return replace(known, environment=environment, origins=origins, patterns=patterns, scene=Scene())

    def _told(self, index: int, done: int) -> None:
        self._asked += done - self._requests[index]
        self._requests[index] = done
        if self.advance is not None:
            self.advance(Tally(len(self.kept), len(self.targets), self._asked, self._budget))


async def _ended(tasks: Iterable[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""Requests that may create something: sent with turns kept to remove it, and noted before they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace

from batten.files import NoState
from batten.live.exchange import LeftAlone, NotAnswered, NotSent, Request, Response
from batten.live.pace import Pace
from batten.live.survey import Survey, left_alone
from batten.live.writing.created import Note, Writing, answered, identifiers, writing_of
from batten.live.writing.removal import GONE, TURNS, Ask, Remover
from batten.model import Created

CREATING = frozenset({"POST", "PUT"})
SECONDS = 60.0  # for removing what was created, also after an interrupt


class Writer:
    """`ask` sends a request as the assessment does. `note` keeps what may have been created outside of the process, each
    time before one more request is sent."""

    def __init__(self, survey: Survey, pace: Pace, ask: Ask, note: Note | None) -> None:
        self.created: list[Created] = []
        self.left: tuple[Writing, ...] = ()
        self._survey, self._pace, self._ask, self._note = survey, pace, ask, note
        self._before: dict[str, asyncio.Future[tuple[str, ...] | None]] = {}
        self._known: dict[int, Writing] = {}
        self._sent = 0

    async def send(self, request: Request) -> Response:
        """The answer to a request that may create something. NotAnswered as for any other."""
        self._pace.hold(TURNS)
        self._sent += 1
        number = self._sent
        try:
            writing = await self._with_before(writing_of(request, self._survey))
            self._known[number] = writing
            self._keep()
            response = await self._ask(request)
        except (NotSent, LeftAlone):
            self._forget(number)
            raise
        except NotAnswered:
            if number not in self._known:
                self._pace.free(TURNS)
            raise
        self._known[number] = answered(writing, response)
        if not self._known[number].accepted:
            self._pace.free(TURNS)
            if response.status < 500:
                del self._known[number]
        return response

    def _forget(self, number: int) -> None:
        self._known.pop(number, None)
        self._pace.free(TURNS)

    def _keep(self) -> None:
        try:
            if self._note is not None:
                self._note(tuple(self._known.values()))
        except NoState as error:
            raise NotSent(str(error)) from error

    async def _with_before(self, writing: Writing) -> Writing:
        """With what is there before. Nothing is written over a thing that is there already."""
        if writing.method == "PUT" and writing.readable:
            there = await self._ask(Request("GET", writing.url))
            if there.status == 200:
                raise left_alone("PUT was not sent: there is something at this address already")
            return replace(writing, before=() if there.status in GONE else None)
        if not writing.listing:
            return writing
        if writing.listing not in self._before:
            self._before[writing.listing] = asyncio.ensure_future(self._listed(writing))
        return replace(writing, before=await asyncio.shield(self._before[writing.listing]))

    async def _listed(self, writing: Writing) -> tuple[str, ...] | None:
        try:
            return identifiers(await self._ask(Request("GET", writing.listing)), writing)
        except NotAnswered:
            return None

    async def remove(self, ask: Ask) -> None:
        """Remove what was created; `ask` takes the turns that were kept for it. What is left stays noted."""
        if not self._sent:
            return
        await self.again(self._known.values(), ask)
        self._known = dict(enumerate(self.left))
        with suppress(NotSent):
            self._keep()

    async def again(self, writings: Iterable[Writing], ask: Ask) -> None:
        """Remove what these created."""
        known = tuple(writings)
        remover = Remover(ask)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await remover.all(known)
        self.created = remover.created(known)
        self.left = tuple(w for w in known if remover.leaves(w))


async def surely(work: Coroutine[None, None, None]) -> bool:
    """Wait for work although this task is cancelled: it is bounded itself. Returns whether the task was cancelled meanwhile."""
    task, cancelled = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    return cancelled

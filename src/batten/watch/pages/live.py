"""What happens, as it happens: server-sent events for pages and for programs that follow.

A stream ends with the session or token that it was opened by, and with the service; a browser opens it again by itself. Only so many
are open at a time: each is a question a second to the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from batten.model.record import record
from batten.watch.access import cookies
from batten.watch.access.answers import refusal
from batten.watch.access.callers import by_session, by_token
from batten.watch.model import Caller, Event, RunState
from batten.watch.pages.links import number
from batten.watch.pages.rendering import caller_of
from batten.watch.pages.words import machine
from batten.watch.settings import Watch
from batten.watch.store import events, runs
from batten.watch.store.database import now

MOST = 100  # streams at a time
MOST_OF_ONE = 10  # of one user
PAUSE = 1.0  # seconds between two questions
_BEAT = 15  # questions until a sign of life is sent, and the caller is looked at again
_PENDING = (RunState.QUEUED, RunState.RUNNING)
_SHOWN = 200  # events and runs of one question


class Streams:
    """How many streams are open, and whose; used by the loop's thread alone."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, name: str) -> bool:
        if self._open.total() >= MOST or self._open[name] >= MOST_OF_ONE:
            return False
        self._open[name] += 1
        return True

    def leave(self, name: str) -> None:
        self._open[name] -= 1
        self._open += Counter()


@record(kw_only=True)
class Heard:
    """What one question found: events after the last one, and the runs that wait or are in progress."""

    events: tuple[Event, ...]
    pending: tuple[tuple[int, str, bool, str], ...]


def routes() -> list[Route]:
    return [Route("/events", _follow, methods=["GET"])]


async def _follow(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    streams: Streams = request.app.state.streams
    caller = caller_of(request)
    if not streams.enter(caller.name):
        detail = "too many streams are open: close some, and try again later"
        return refusal(request.scope, 503, detail, {"Retry-After": "60"})
    after = request.headers.get("last-event-id", "")
    begin = (
        int(after) if after.isascii() and after.isdigit() and len(after) < 19 else number(request, "after")
    )
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    told = _counted(streams, caller, _told(request, watch, caller, begin))
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def _counted(
    streams: Streams, caller: Caller, told: AsyncGenerator[str, None]
) -> AsyncGenerator[str, None]:
    try:
        async with aclosing(told) as texts:
            async for text in texts:
                yield text
    finally:
        streams.leave(caller.name)


async def _told(request: Request, watch: Watch, caller: Caller, begin: int) -> AsyncGenerator[str, None]:
    """The texts of a stream. Without a beginning it begins with what comes next."""
    yield "retry: 2000\n\n"
    last = begin or await run_in_threadpool(_newest, watch)
    turn, pending = 0, None
    while not watch.stopping.is_set():
        turn += 1
        if turn % _BEAT == 0:
            again = await run_in_threadpool(_again, watch, request)
            if again is None:
                break
            caller = again
            yield ": \n\n"
        heard = await run_in_threadpool(_heard, watch, caller, last)
        for event in heard.events:
            last = event.id
            yield f"id: {event.id}\ndata: {_shown(event)}\n\n"
        if heard.pending != pending:
            pending = heard.pending
            told = [
                {"run": run, "state": state, "cancelled": cancelled, "progress": said}
                for run, state, cancelled, said in heard.pending
            ]
            progress = msgspec.json.encode(told).decode()
            yield f"event: progress\ndata: {progress}\n\n"
        await anyio.sleep(PAUSE)
    yield "event: end\ndata: {}\n\n"


def _newest(watch: Watch) -> int:
    with watch.database.read() as db:
        return events.last(db)


def _heard(watch: Watch, caller: Caller, last: int) -> Heard:
    with watch.database.read() as db:
        found = events.after(db, caller, last, _SHOWN)
        waiting = runs.every(db, caller, states=_PENDING, most=_SHOWN)
    pending = tuple((run.id, run.state.value, run.cancel, run.progress) for run in waiting)
    return Heard(events=tuple(found), pending=pending)


def _again(watch: Watch, request: Request) -> Caller | None:
    """The caller as it is now; None where its session or token has ended."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        known = by_token(watch.database, token.strip(), now())
    else:
        secure = cookies.is_secure(request.scope, watch.settings)
        known = by_session(watch.database, cookies.sent(request.scope, cookies.SESSION, secure), now())
    return known.caller if known is not None else None


def _shown(event: Event) -> str:
    """One event, as the API shows it."""
    told = {
        "id": event.id, "at": machine(event.at), "what": event.what.value, "environment": event.environment, "run": event.run,
        "finding": event.life, "control": event.control, "severity": event.severity.label if event.severity is not None else None,
        "by": event.by, "data": dict(event.data),
    }  # fmt: skip
    return msgspec.json.encode(told).decode()

"""The documented calls, played through a running edge in front of the stand-in or of the real application; and what the edge
must refuse itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from batten.contract import Contract
from batten.engine.hardening.challenges import challenged
from batten.engine.hardening.documented import Call, calls
from batten.engine.hardening.opening import sockets
from batten.engine.hardening.player import PAUSE, SLASH, Player, headers, loopback, send
from batten.engine.hardening.refusing import refusals
from batten.engine.hardening.standin import StandIn
from batten.harden.edge import Edge
from batten.harden.kinds import Kind
from batten.harden.trial import Lack, Trial
from batten.live.client import Client
from batten.live.exchange import Response
from batten.model.record import record

MOST_WRONG = 20  # sentences
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1; TRACE is never played
READY = 60.0  # seconds until an application answers behind its edge
STARTING = frozenset({502, 503, 504})


@record(kw_only=True)
class Played:
    """How many calls were documented, how many of them were left out, how many requests had to be refused, and what was
    not as it should be. `statuses` count the answers to documented calls."""

    documented: int
    left_out: int
    refused: int
    statuses: dict[int, int]
    wrong: tuple[str, ...]


def play(edge: Edge, trial: Trial, api: StandIn, lacks: frozenset[Lack] = frozenset()) -> Played:
    """Every documented call, then what the edge must refuse. Nothing but the trial is asked. What the engine `lacks` is not
    required of it."""
    made = tuple(calls(api.contract, api.token))
    player = Player(edge, trial, api, Client(loopback), made, lacks)
    return asyncio.run(_play(player, made))


def play_real(
    edge: Edge, trial: Trial, contract: Contract, lacks: frozenset[Lack], *, active: bool
) -> Played:
    """The same in front of the real application, without credentials: calls that may change data only if `active`."""
    made = tuple(calls(contract, ""))
    player = Player(edge, trial, None, Client(loopback), made, lacks)
    return asyncio.run(_play(player, tuple(call for call in made if active or call.method in SAFE)))


async def _play(player: Player, chosen: tuple[Call, ...]) -> Played:
    try:
        if player.api is None and chosen:
            await _awaited(player, chosen[0])
        for call in chosen:
            await _documented(player, call)
        await refusals(player, chosen[0] if chosen else None)
        await challenged(player)
        await sockets(player)
    finally:
        await player.client.close()
    wrong = player.wrong[:MOST_WRONG]
    more = len(player.wrong) - len(wrong)
    return Played(
        documented=player.documented,
        left_out=len(player.calls) - len(chosen),
        refused=player.refused,
        statuses=dict(sorted(player.statuses.items())),
        wrong=(*wrong, *([f"{more} more"] if more > 0 else [])),
    )


async def _awaited(player: Player, call: Call) -> None:
    """Until something but the edge answers, or for as long as an application may take."""
    end = time.monotonic() + READY
    while time.monotonic() < end:
        answer = await send(player, call.method, call.target, headers=call.headers, body=call.body)
        if not isinstance(answer, str) and answer.status not in STARTING:
            return
        await asyncio.sleep(PAUSE)


async def _documented(player: Player, call: Call) -> None:
    player.documented += 1
    player.forget()
    answer = await send(player, call.method, call.target, headers=call.headers, body=call.body)
    if isinstance(answer, str):
        player.note(call.label, iter([answer]))
        return
    player.statuses[answer.status] = player.statuses.get(answer.status, 0) + 1
    said = (
        _real(player, call, answer) if player.api is None else _differences(player, player.api, call, answer)
    )
    player.note(call.label, said)


def _real(player: Player, call: Call, answer: Response) -> Iterator[str]:
    """What of an answer can be judged without a look into the application."""
    if answer.status >= 500:
        yield f"it is answered with {answer.status}: the application failed, or the edge does not reach it"
    if answer.status == 405:
        yield "it is answered with 405, though the contract declares the verb"
    yield from headers(player.edge, answer, _kind(player, call, answer.status))


def _differences(player: Player, api: StandIn, call: Call, answer: Response) -> Iterator[str]:
    """What the API did not get as it was sent, and the client not as it was answered."""
    seen = list(api.seen)
    if not seen and SLASH in call.target.lower():
        yield f"its path contains an encoded slash, which edges refuse ({answer.status}); change the example, or the API"
    elif len(seen) != 1:
        yield f"the API got {len(seen)} requests; the edge answered {answer.status}"
    if len(seen) != 1:
        return
    (got,) = seen
    if (got.method, got.target) != (call.method, call.target):
        yield f"the API got {got.method} {got.target}"
    if got.body != call.body:
        yield f"the API got {len(got.body)} bytes of a body of {len(call.body)}"
    yield from (f"the API did not get {name}" for name, value in call.headers if got.header(name) != value)
    reply = api.reply(got)
    if answer.status != reply.status:
        yield f"status {reply.status} became {answer.status}"
    elif reply.status < 400 and call.method != "HEAD" and answer.body != reply.body:
        yield "the body of the answer was changed"
    yield from headers(player.edge, answer, _kind(player, call, answer.status))


def _kind(player: Player, call: Call, status: int) -> Kind | None:
    says_for_all = Lack.KINDS in player.lacks
    return player.edge.kind_of(call.template, 0 if says_for_all else status)

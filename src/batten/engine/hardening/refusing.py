"""What an edge must refuse itself, whatever stands behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from batten.engine.hardening.documented import Call
from batten.engine.hardening.player import SLASH, Player, headers, send
from batten.engine.hardening.standin import PROBLEM
from batten.harden.edge import Route
from batten.harden.trial import Lack
from batten.live.exchange import Response
from batten.live.survey import NOBODY

VERBS = ("PUT", "DELETE", "PATCH", "POST", "GET")


async def refusals(player: Player, origins_by: Call | None) -> None:
    """Other verbs, paths and hosts, plain HTTP; and with a call that may be made, origins."""
    targets = {call.template: call.target for call in player.calls}
    for route in player.edge.routes:
        await _other_verb(player, route, targets.get(route.path.template, ""))
    await _unknown(player)
    await _redirect(player)
    if origins_by is not None:
        await _origins(player, origins_by)


async def _other_verb(player: Player, route: Route, target: str) -> None:
    """A verb that the contract does not declare for the path."""
    verb = next((verb for verb in VERBS if verb not in route.path.methods), None)
    if verb is None or not target or SLASH in target.lower():
        return
    answer = await refused(player, verb, target, f"{verb} {route.path.template}", 405)
    if answer is not None:
        allowed = {name.strip() for name in answer.header("allow").split(",")}
        if not set(route.path.methods) <= allowed or allowed - {*route.path.methods, "OPTIONS", "HEAD"}:
            player.wrong.append(f"{verb} {route.path.template}: Allow is '{answer.header('allow')}'")


async def _unknown(player: Player) -> None:
    await refused(player, "GET", f"/{os.urandom(6).hex()}", "a path that is not declared", 404)
    player.refused += 1
    answer = await send(player, "GET", "/", host="stranger.invalid")
    if not isinstance(answer, str) and answer.status != 421:
        player.wrong.append(f"another host name: it is answered with {answer.status}")


async def refused(player: Player, method: str, target: str, label: str, status: int) -> Response | None:
    """The answer, where it is the edge's own problem document with this status."""
    player.refused += 1
    player.forget()
    answer = await send(player, method, target)
    if isinstance(answer, str):
        player.wrong.append(f"{label}: {answer}")
        return None
    player.note(label, unlike_problem(player, answer, status))
    return answer if answer.status == status else None


def unlike_problem(player: Player, answer: Response, status: int) -> Iterator[str]:
    if player.seen():
        yield "it reached the API"
    if answer.status != status:
        yield f"it is answered with {answer.status}, not {status}"
    elif Lack.PROBLEMS not in player.lacks and (answer.media_type != PROBLEM or _status_of(answer) != status):
        yield "the error is not a problem document (RFC 9457)"
    yield from headers(player.edge, answer)


def _status_of(answer: Response) -> object:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return None
    return document.get("status") if isinstance(document, dict) else None


async def _redirect(player: Player) -> None:
    """With another verb than GET, which any redirect keeps."""
    if not player.trial.plain:
        return
    player.refused += 1
    target = f"/{os.urandom(6).hex()}?a=b"
    answer = await send(player, "POST", target, base=player.trial.plain)
    there = answer if isinstance(answer, str) else f"{answer.status} {answer.header('location')}"
    if not (there.startswith("308 https://") and there.endswith(target)):
        player.wrong.append(f"plain HTTP: it is answered with {there}")


async def _origins(player: Player, call: Call) -> None:
    """A listed origin may read answers, and another may not."""
    listed = player.edge.cors.origins[:1] if player.edge.cors is not None else ()
    for origin in (*listed, NOBODY):
        answer = await send(
            player, call.method, call.target, headers=(*call.headers, ("Origin", origin)), body=call.body
        )
        given = answer if isinstance(answer, str) else answer.header("access-control-allow-origin")
        if given != (origin if origin in listed else ""):
            player.wrong.append(f"the origin {origin}: Access-Control-Allow-Origin is '{given}'")

"""The documented calls, played through a running edge in front of the stand-in; and what the edge must refuse itself."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from batten.engine.hardening.documented import Call, calls
from batten.engine.hardening.standin import MARK, PROBLEM, StandIn
from batten.harden.edge import Edge, Route
from batten.harden.trial import Lack, Trial
from batten.harden.trial_challenges import Challenge
from batten.live.client import Client
from batten.live.exchange import NotAnswered, Request, Response
from batten.live.survey import NOBODY
from batten.model.record import record

VERBS = ("PUT", "DELETE", "PATCH", "POST", "GET")
PATIENCE = 20  # times that a call refused with 429 is made again
PAUSE = 0.25  # seconds before it is
SLASH = "%2f"
HSTS = "Strict-Transport-Security"  # means nothing over plain HTTP (RFC 6797, 7.2)
MOST_WRONG = 20  # sentences


@record(kw_only=True)
class Played:
    """How many calls were documented, how many requests had to be refused, and what was not as it should be."""

    documented: int
    refused: int
    wrong: tuple[str, ...]


@dataclass(slots=True)
class _Player:
    edge: Edge
    trial: Trial
    api: StandIn
    client: Client
    calls: tuple[Call, ...]
    lacks: frozenset[Lack]
    documented: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, label: str, sentences: Iterator[str]) -> None:
        self.wrong += [f"{label}: {sentence}" for sentence in sentences]


def play(edge: Edge, trial: Trial, api: StandIn, lacks: frozenset[Lack] = frozenset()) -> Played:
    """Every documented call, then what the edge must refuse. Nothing but the trial is asked. What the engine `lacks` is not
    required of it."""
    return asyncio.run(_play(edge, trial, api, lacks))


async def _play(edge: Edge, trial: Trial, api: StandIn, lacks: frozenset[Lack]) -> Played:
    made = tuple(calls(api.contract, api.token))
    player = _Player(edge, trial, api, Client(_loopback), made, lacks)
    targets = {call.template: call.target for call in player.calls}
    try:
        for call in player.calls:
            await _documented(player, call)
        for route in edge.routes:
            await _other_verb(player, route, targets.get(route.path.template, ""))
        await _unknown(player)
        await _redirect(player)
        await _challenge(player)
        await _origins(player)
    finally:
        await player.client.close()
    wrong = player.wrong[:MOST_WRONG]
    more = len(player.wrong) - len(wrong)
    return Played(
        documented=player.documented,
        refused=player.refused,
        wrong=(*wrong, *([f"{more} more"] if more > 0 else [])),
    )


async def _loopback(host: str, port: int) -> tuple[str, int]:
    return "127.0.0.1", port


async def _send(player: _Player, method: str, target: str, **more: object) -> Response | str:
    """An answer, or why there is none. What is refused because it comes too fast is sent again."""
    base = str(more.get("base") or player.trial.url)
    host = str(more.get("host") or urlsplit(base).netloc)
    headers, body = more.get("headers") or (), more.get("body") or b""
    assert isinstance(headers, tuple) and isinstance(body, bytes)
    length = (("Content-Length", "0"),) if method in ("POST", "PUT", "PATCH") and not body else ()
    request = Request(method, base, (("Host", host), *headers, *length), body, target)
    for _ in range(PATIENCE):
        try:
            answer = await player.client.send(request)
        except NotAnswered as error:
            return str(error)
        if answer.status != 429:
            return answer
        await asyncio.sleep(PAUSE)
    return "it was refused with 429 again and again"


async def _documented(player: _Player, call: Call) -> None:
    player.documented += 1
    player.api.seen.clear()
    answer = await _send(player, call.method, call.target, headers=call.headers, body=call.body)
    player.note(
        call.label,
        iter([answer]) if isinstance(answer, str) else _differences(player, call, answer),
    )


def _differences(player: _Player, call: Call, answer: Response) -> Iterator[str]:
    """What the API did not get as it was sent, and the client not as it was answered."""
    seen = list(player.api.seen)
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
    reply = player.api.reply(got)
    if answer.status != reply.status:
        yield f"status {reply.status} became {answer.status}"
    elif reply.status < 400 and call.method != "HEAD" and answer.body != reply.body:
        yield "the body of the answer was changed"
    yield from _headers(player.edge, answer)


def _headers(edge: Edge, answer: Response) -> Iterator[str]:
    for name, value in edge.sent.items():
        if answer.all(name) != (value,):
            yield f"{name} is sent {len(answer.all(name))} times, or with another value"
    yield from (f"{name} of the API gets out" for name, value in answer.headers if MARK in value)


async def _other_verb(player: _Player, route: Route, target: str) -> None:
    """A verb that the contract does not declare for the path."""
    verb = next((verb for verb in VERBS if verb not in route.path.methods), None)
    if verb is None or not target or SLASH in target.lower():
        return
    status = 404 if Lack.VERBS in player.lacks else 405
    answer = await _refused(player, verb, target, f"{verb} {route.path.template}", status)
    if answer is not None and status == 405:
        allowed = {name.strip() for name in answer.header("allow").split(",")}
        if not set(route.path.methods) <= allowed or allowed - {*route.path.methods, "OPTIONS", "HEAD"}:
            player.wrong.append(f"{verb} {route.path.template}: Allow is '{answer.header('allow')}'")


async def _unknown(player: _Player) -> None:
    await _refused(player, "GET", f"/{os.urandom(6).hex()}", "a path that is not declared", 404)
    player.refused += 1
    answer = await _send(player, "GET", "/", host="stranger.invalid")
    refusals = (404, 421) if Lack.HOSTS in player.lacks else (421,)
    if not isinstance(answer, str) and answer.status not in refusals:
        player.wrong.append(f"another host name: it is answered with {answer.status}")


async def _refused(player: _Player, method: str, target: str, label: str, status: int) -> Response | None:
    """The answer, where it is the edge's own problem document with this status."""
    player.refused += 1
    player.api.seen.clear()
    answer = await _send(player, method, target)
    if isinstance(answer, str):
        player.wrong.append(f"{label}: {answer}")
        return None
    player.note(label, _no_problem(player, answer, status))
    return answer if answer.status == status else None


def _no_problem(player: _Player, answer: Response, status: int) -> Iterator[str]:
    if player.api.seen:
        yield "it reached the API"
    if answer.status != status:
        yield f"it is answered with {answer.status}, not {status}"
    elif Lack.PROBLEMS not in player.lacks and (answer.media_type != PROBLEM or _status_of(answer) != status):
        yield "the error is not a problem document (RFC 9457)"
    if Lack.HEADERS not in player.lacks:
        yield from _headers(player.edge, answer)


def _status_of(answer: Response) -> object:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return None
    return document.get("status") if isinstance(document, dict) else None


async def _redirect(player: _Player) -> None:
    """With another verb than GET, which any redirect keeps."""
    if not player.trial.plain:
        return
    player.refused += 1
    target = f"/{os.urandom(6).hex()}?a=b"
    answer = await _send(player, "POST", target, base=player.trial.plain)
    there = answer if isinstance(answer, str) else f"{answer.status} {answer.header('location')}"
    if not (there.startswith("308 https://") and there.endswith(target)):
        player.wrong.append(f"plain HTTP: it is answered with {there}")


async def _challenge(player: _Player) -> None:
    """The answer for an authority as plain text; whatever else is asked for there is redirected or refused."""
    one = player.trial.challenge
    if one is None:
        return
    player.refused += 1
    answer = await _send(player, "GET", one.target, base=player.trial.plain)
    player.note("a challenge of ACME", _unlike(player, answer, one.content))
    spellings = () if Lack.SPELLINGS in player.lacks else _spellings(one)
    for method, target, host in (*_beside(one), *(("GET", target, "") for target in spellings)):
        player.refused += 1
        answer = await _send(player, method, target, base=player.trial.plain, host=host)
        if not isinstance(answer, str) and answer.status < 300:
            player.wrong.append(f"{method} {target}: it is answered with {answer.status} over plain HTTP")
    await _refused(player, "GET", one.target, "a challenge of ACME over TLS", 404)


def _unlike(player: _Player, answer: Response | str, content: bytes) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
        return
    if (answer.status, answer.body) != (200, content):
        yield f"it is answered with {answer.status} and {len(answer.body)} bytes that are not the client's"
    if answer.media_type != "text/plain":
        yield f"the answer is '{answer.media_type}', not text/plain"
    yield from (
        f"{name} is not sent with its value"
        for name, value in player.edge.sent.items()
        if name != HSTS and answer.all(name) != (value,)
    )


def _beside(one: Challenge) -> Iterator[tuple[str, str, str]]:
    """What looks like a challenge, and is none."""
    folder, token = one.target.rpartition("/")[::2]
    others = (
        folder, f"{folder}/", f"{folder}/x", f"{one.target}/", f"{one.target}.txt", f"{folder}/{'a' * 22}", f"{folder}/../{token}",
        f"{folder}/%2e%2e/{token}", f"{folder}/..%2f{token}", f"{folder.upper()}/{token}",
    )  # fmt: skip
    yield from (("GET", target, "") for target in others)
    yield from ((method, one.target, "") for method in ("POST", "PUT", "DELETE"))
    yield "GET", one.target, "stranger.invalid"


def _spellings(one: Challenge) -> tuple[str, ...]:
    """What some servers read as the challenge itself."""
    folder, token = one.target.rpartition("/")[::2]
    return (
        f"{one.target}?a=b", f"/{one.target}", f"{folder}/x/../{token}", f"{folder}/%2e/{token}", f"{folder}/%{ord(token[0]):02x}{token[1:]}",
    )  # fmt: skip


async def _origins(player: _Player) -> None:
    """A listed origin may read answers, and another may not."""
    call = player.calls[0]
    listed = player.edge.cors.origins[:1] if player.edge.cors is not None else ()
    for origin in (*listed, NOBODY):
        answer = await _send(
            player, call.method, call.target, headers=(*call.headers, ("Origin", origin)), body=call.body
        )
        given = answer if isinstance(answer, str) else answer.header("access-control-allow-origin")
        if given != (origin if origin in listed else ""):
            player.wrong.append(f"the origin {origin}: Access-Control-Allow-Origin is '{given}'")

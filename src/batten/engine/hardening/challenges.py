"""What an edge answers to an authority's challenge (RFC 8555, 8.3), and what only looks like one."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.hardening.player import Player, send
from batten.engine.hardening.refusing import refused
from batten.harden.trial_challenges import Challenge
from batten.live.exchange import Response

HSTS = "Strict-Transport-Security"  # means nothing over plain HTTP (RFC 6797, 7.2)


async def challenged(player: Player) -> None:
    """The answer for an authority as plain text; whatever else is asked for there is redirected or refused."""
    one = player.trial.challenge
    if one is None:
        return
    player.refused += 1
    answer = await send(player, "GET", one.target, base=player.trial.plain)
    player.note("a challenge of ACME", _unlike(player, answer, one.content))
    for method, target, host in (*_beside(one), *(("GET", target, "") for target in _spellings(one))):
        player.refused += 1
        answer = await send(player, method, target, base=player.trial.plain, host=host)
        if not isinstance(answer, str) and answer.status < 300:
            player.wrong.append(f"{method} {target}: it is answered with {answer.status} over plain HTTP")
    await refused(player, "GET", one.target, "a challenge of ACME over TLS", 404)


def _unlike(player: Player, answer: Response | str, content: bytes) -> Iterator[str]:
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

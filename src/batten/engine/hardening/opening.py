"""Handshakes of WebSockets: from the edge's own pages they get to the API, from pages of others they do not, and nothing else is
upgraded."""

from __future__ import annotations

from batten.contract.surface import EXPRESSION, Path
from batten.engine.hardening.player import Player, send
from batten.engine.hardening.refusing import unlike_problem
from batten.live.exchange import Headers, Request, Response
from batten.live.sockets import handshake, opened
from batten.live.survey import NOBODY

_SAMPLE = "x"  # in place of a parameter


async def sockets(player: Player) -> None:
    for path in player.edge.sockets:
        # As the contract's examples call it, where it is there.
        target, credentials = next(
            (
                (call.target, call.headers)
                for call in player.calls
                if (call.method, call.template) == ("GET", path.template)
            ),
            (_SAMPLE.join(EXPRESSION.split(path.sent)), ()),
        )
        if player.api is not None:
            await _taken(player, path, target, credentials)
            await _otherwise(player, path, target, credentials)
        await _foreign(player, path, target, credentials)


def _asks(origin: str) -> Request:
    return handshake("", origin=origin)


async def _taken(player: Player, path: Path, target: str, credentials: Headers) -> None:
    player.forget()
    asked = _asks(player.trial.url)
    answer = await send(player, "GET", target, headers=(*asked.headers, *credentials))
    label = f"a WebSocket at {path.template}"
    if isinstance(answer, str):
        player.wrong.append(f"{label}: {answer}")
    elif not opened(answer):
        player.wrong.append(f"{label}: the handshake is answered with {answer.status}, not 101")
    elif not player.seen():
        player.wrong.append(f"{label}: it did not reach the API")


async def _otherwise(player: Player, path: Path, target: str, credentials: Headers) -> None:
    """An upgrade to HTTP/2 would lead past every rule."""
    player.forget()
    player.refused += 1
    others = tuple(pair for pair in _asks(player.trial.url).headers if pair[0] != "Upgrade")
    answer = await send(player, "GET", target, headers=(*others, ("Upgrade", "h2c"), *credentials))
    seen = player.api.seen if player.api is not None else []
    if not isinstance(answer, str) and answer.status == 101:
        player.wrong.append(f"an upgrade to h2c at {path.template}: it is granted")
    if any(name.lower() == "upgrade" for one in seen for name, _ in one.headers):
        player.wrong.append(f"an upgrade to h2c at {path.template}: it reached the API")


async def _foreign(player: Player, path: Path, target: str, credentials: Headers) -> None:
    player.forget()
    player.refused += 1
    answer: Response | str = await send(player, "GET", target, headers=(*_asks(NOBODY).headers, *credentials))
    label = f"a WebSocket at {path.template} of a foreign origin"
    if isinstance(answer, str):
        player.wrong.append(f"{label}: {answer}")
    else:
        player.note(label, unlike_problem(player, answer, 403))

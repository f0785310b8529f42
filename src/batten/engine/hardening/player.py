"""Who plays calls through a running edge, and what it notes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from batten.engine.hardening.documented import Call
from batten.engine.hardening.standin import MARK, StandIn
from batten.harden.edge import Edge
from batten.harden.kinds import Kind
from batten.harden.trial import Lack, Trial
from batten.live.client import Client
from batten.live.exchange import NotAnswered, Request, Response
from batten.policy.headers import CSP

PATIENCE = 20  # times that a call refused with 429 is made again
PAUSE = 0.25  # seconds before it is
SLASH = "%2f"


@dataclass(slots=True)
class Player:
    """`api` is the stand-in, None in front of a real application, whose requests are not recorded."""

    edge: Edge
    trial: Trial
    api: StandIn | None
    client: Client
    calls: tuple[Call, ...]
    lacks: frozenset[Lack]
    documented: int = 0
    refused: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def note(self, label: str, sentences: Iterator[str]) -> None:
        self.wrong += [f"{label}: {sentence}" for sentence in sentences]

    def seen(self) -> bool:
        """Whether the last request reached the stand-in."""
        return self.api is not None and bool(self.api.seen)

    def forget(self) -> None:
        if self.api is not None:
            self.api.seen.clear()


async def loopback(host: str, port: int) -> tuple[str, int]:
    return "127.0.0.1", port


async def send(player: Player, method: str, target: str, **more: object) -> Response | str:
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


def headers(edge: Edge, answer: Response, kind: Kind | None = None) -> Iterator[str]:
    """Those of the edge that an answer lacks, and those of the API that it should not have."""
    for name, value in {**edge.sent, **(kind.sent if kind is not None else {})}.items():
        if (
            kind is not None
            and kind.keeps
            and name == CSP
            and answer.header(name).endswith(f", {kind.beside}")
        ):
            continue  # the application's own policy
        if answer.all(name) != (value,):
            yield f"{name} is sent {len(answer.all(name))} times, or with another value"
    yield from (f"{name} of the API gets out" for name, value in answer.headers if MARK in value)

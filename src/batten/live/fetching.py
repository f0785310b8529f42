"""One document of a target, for what is asked afterwards: no credentials are sent, and no redirect is followed."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from batten.live.client import Client
from batten.live.exchange import NotAnswered, Request, Response
from batten.live.runner import OURS
from batten.live.scope import Covers, Names, NotReached, listening


def fetched(url: str, seconds: float, most: int, without: Covers | None = None) -> bytes:
    """The body at a URL, of at most so many bytes; addresses that are `without` are never connected to. Raises NotAnswered."""
    answer = asyncio.run(_answer(url, seconds, most, without))
    if answer.status != 200:
        raise NotAnswered(f"{url} answered with status {answer.status}")
    if answer.truncated:
        raise NotAnswered(f"{url} has more than {most >> 20} MiB")
    return answer.body


async def _answer(url: str, seconds: float, most: int, without: Covers | None) -> Response:
    names = Names(without)

    async def resolved(host: str, port: int) -> tuple[str, int]:
        try:
            return await listening(await names.addresses(host.strip("[]")), port), port
        except NotReached as error:
            raise NotAnswered(error.strerror or "") from error
        except socket.gaierror as error:
            raise NotAnswered(f"{host} does not resolve: {error.strerror}") from error

    client = Client(resolved, seconds, body=most)
    try:
        return await client.send(Request("GET", url, (("Host", urlsplit(url).netloc), *OURS)))
    finally:
        await client.close()

"""One document of a target, for what is asked afterwards: no credentials are sent, and no redirect is followed."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from batten.live.client import Client
from batten.live.exchange import NotAnswered, Request, Response
from batten.live.runner import OURS
from batten.live.scope import addresses_of, listening


def fetched(url: str, seconds: float, most: int) -> bytes:
    """The body at a URL, of at most so many bytes. Raises NotAnswered."""
    answer = asyncio.run(_answer(url, seconds, most))
    if answer.status != 200:
        raise NotAnswered(f"{url} answered with status {answer.status}")
    if answer.truncated:
        raise NotAnswered(f"{url} has more than {most >> 20} MiB")
    return answer.body


async def _answer(url: str, seconds: float, most: int) -> Response:
    client = Client(_resolved, seconds, body=most)
    try:
        return await client.send(Request("GET", url, (("Host", urlsplit(url).netloc), *OURS)))
    finally:
        await client.close()


async def _resolved(host: str, port: int) -> tuple[str, int]:
    try:
        return await listening(await addresses_of(host.strip("[]")), port), port
    except socket.gaierror as error:
        raise NotAnswered(f"{host} does not resolve: {error.strerror}") from error

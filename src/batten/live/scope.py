"""Where an assessment may go: the hosts and ports that the environment names, and the addresses of their names."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.live.services import services
from batten.live.stores.door import doors
from batten.policy import Environment

PORTS = {"http": 80, "https": 443}


def scope_of(environment: Environment) -> frozenset[tuple[str, int]]:
    """Hosts and ports that the environment names; nothing else is ever dialled."""
    named = (environment.url, environment.plain, *environment.assets)
    stores = (door for entry in environment.stores for door in doors(entry))
    begun = ((s.host, s.port) for s in services(environment.tls))
    apis = (place for url in named for place in places(url))
    return frozenset((*apis, *((d.host, d.port) for d in stores), *begun))


def places(url: str) -> Iterator[tuple[str, int]]:
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme)
    if parts.hostname and port:
        yield parts.hostname, port


async def addresses_of(host: str) -> tuple[str, ...]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for _, _, _, _, place in found))


async def listening(addresses: tuple[str, ...], port: int) -> str:
    """A name such as localhost has two addresses and a server often one of them: the one that answers. Where there
    is nothing to choose, none is tried: a connection for nothing counts against us at some servers."""
    for address in addresses if len(addresses) > 1 else ():
        try:
            async with asyncio.timeout(3):
                _, writer = await asyncio.open_connection(address, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        return address
    return addresses[0]

"""Where an assessment may go: the hosts and ports that the environment names, and the addresses of their names."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from batten.live.addresses import Addresses
from batten.live.stores.door import doors
from batten.live.tls.services import services
from batten.policy import Environment

PORTS = {"http": 80, "https": 443}
LOOKUPS = 16  # names that are asked for at once
LOOKUP_SECONDS = 10.0


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


Covers = Callable[[str], bool]  # whether a host or an address is excluded


class NotReached(socket.gaierror):
    """A host without an address that may be connected to. Whether its name resolves is not said: those who choose the name may
    know less of this network than batten does."""

    def __init__(self, host: str) -> None:
        super().__init__(
            socket.EAI_NONAME,
            f"{host} does not resolve to an address that batten may connect to (`--target-network` allows networks)",
        )


class Names:
    """The addresses of names, each asked for once in a run: a name that changes later leads nowhere else."""

    def __init__(self, without: Covers | None = None) -> None:
        self._without = without
        self._known: dict[str, asyncio.Future[tuple[str, ...]]] = {}
        self._lookups = asyncio.Semaphore(LOOKUPS)

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Those that are not excluded. Raises socket.gaierror."""
        if _is_address(host):
            return self._allowed(host, (host,))
        if host not in self._known:
            self._known[host] = asyncio.ensure_future(self._asked(host))
        try:
            found = await asyncio.shield(self._known[host])
        except socket.gaierror:
            if isinstance(self._without, Addresses):
                raise NotReached(host) from None
            raise
        return self._allowed(host, found)

    def _allowed(self, host: str, found: tuple[str, ...]) -> tuple[str, ...]:
        if self._without is None:
            return found
        allowed = tuple(address for address in found if not self._without(address))
        if not allowed or self._without(host):
            if isinstance(self._without, Addresses):
                raise NotReached(host)
            raise socket.gaierror(socket.EAI_NONAME, "its addresses are excluded")
        return allowed

    async def _asked(self, host: str) -> tuple[str, ...]:
        try:
            async with self._lookups, asyncio.timeout(LOOKUP_SECONDS):
                return await addresses_of(host)
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {LOOKUP_SECONDS:g} s") from None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def addresses_of(host: str) -> tuple[str, ...]:
    """Asked in a thread that nobody waits for: a resolver that says nothing holds up neither the other lookups nor
    the end of the process, as the loop's own threads would. Raises socket.gaierror."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def look() -> None:
        found: tuple[str, ...] | OSError
        try:
            places = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found = tuple(dict.fromkeys(str(place[0]) for _, _, _, _, place in places))
        except (OSError, UnicodeError) as error:
            found = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, str(error))
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(_settle, answer, found)

    threading.Thread(target=look, name=f"address of {host}", daemon=True).start()
    return await answer


def _settle(answer: asyncio.Future[tuple[str, ...]], found: tuple[str, ...] | OSError) -> None:
    if answer.done():
        return
    if isinstance(found, OSError):
        answer.set_exception(found)
    else:
        answer.set_result(found)


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

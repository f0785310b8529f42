"""What a port chooses from what it is offered: versions, suites, groups and features, by ClientHellos that are not
followed by anything. What it chose is left out of the next offer, until it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from batten.live.exchange import NotAnswered, NoTls, TlsHello
from batten.live.tls.flight import PROTOCOL_VERSION, Flight, read_flight, read_sslv2
from batten.live.tls.groups import CURVES_1_2, GROUPS_1_3
from batten.live.tls.hello import (
    SSLV2,
    TLSV1_2,
    TLSV1_3,
    VERSIONS,
    Malformed,
    Offer,
    client_hello,
    sslv2_hello,
)
from batten.live.tls.sealed import OPENABLE, SHAREABLE, Opened, read_sealed, share
from batten.live.tls.starttls import begin
from batten.live.tls.suites import FORMER, IANA, LEGACY, MODERN

SECONDS = 5.0  # for one hello
WAITED = 60.0  # seconds in all that a port may let us wait; more is its way of not being assessed
AT_ONCE = 6  # connections
# MySQL and MariaDB shut out a host after 100 broken handshakes in a row (max_connect_errors): half of that is plenty.
MOST = {"mysql": 50}
WIDEST = 96  # suites in one hello: some servers take no more than 128, and none of 256 bytes to 511

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Streams]]


@dataclass(slots=True)
class Heard:
    """What came of one version. `reason` says why not everything is known of it."""

    version: str
    suites: list[int] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)
    reason: str = ""

    @property
    def number(self) -> int:
        return VERSIONS[self.version]

    @property
    def offer(self) -> Offer:
        return Offer(self.number, tuple(self.suites))


async def together(*steps: Coroutine[Any, Any, object]) -> None:
    """Each to its end; then the first failure, if there was one."""
    for outcome in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


class Port:
    """One port that is asked with several connections at once."""

    def __init__(self, hello: TlsHello, connect: Connect, seconds: float = SECONDS) -> None:
        self.hello = hello
        self.seconds = min(seconds, SECONDS)
        self.name = hello.server_name or hello.host
        self._connect = connect
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waited = 0.0
        self._connections = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Streams]:
        """A connection that expects a ClientHello now. TimeoutError after `seconds`, to the end of its use."""
        async with self._turns:
            if self._waited > WAITED:
                raise TimeoutError
            reader, writer = await self._dialled()
            clock = asyncio.get_running_loop().time
            started = clock()
            try:
                async with asyncio.timeout(self.seconds):
                    if self.hello.starttls:
                        await begin(self.hello.starttls, reader, writer)
                    yield reader, writer
            finally:
                self._waited += clock() - started
                # At once: a goodbye over TLS would wait for the other side's.
                writer.transport.abort()
                await asyncio.sleep(0)

    async def _dialled(self) -> Streams:
        self._connections += 1
        most = MOST.get(self.hello.starttls)
        if most is not None and self._connections > most:
            raise NotAnswered(
                f"at most {most} ClientHellos are sent to a server that blocks clients after aborted handshakes"
            )
        try:
            async with asyncio.timeout(self.seconds):
                return await self._connect(self.hello.host, self.hello.port)
        except TimeoutError:
            raise NotAnswered(f"no connection within {self.seconds:g} s") from None
        except OSError as error:
            raise NotAnswered(f"the connection failed: {error.strerror or error}") from error

    async def ask(self, offer: Offer, brief: bool = False, named: bool = True) -> Flight:
        """The first flight that answers an offer; empty when that is refused."""
        sent = client_hello(replace(offer, server_name=self.name if named else ""))
        async with self.connection() as (reader, writer):
            writer.write(sent)
            return await read_flight(reader, brief)

    async def open(self, offer: Offer, groups: tuple[int, ...], named: bool = True) -> Opened:
        """The first flight of TLS 1.3 with what is encrypted in it; `groups` are those that the port takes."""
        common = [g for g in SHAREABLE if g in groups][:1]
        suites = tuple(s for s in offer.suites if s in OPENABLE)
        if not common or not suites:
            return Opened(Flight())
        ours = [share(common[0])]
        shares = tuple((s.group, s.public) for s in ours)
        name = self.name if named else ""
        wanted = replace(offer, server_name=name, suites=suites, groups=tuple(common), shares=shares)
        sent = client_hello(wanted)
        async with self.connection() as (reader, writer):
            writer.write(sent)
            return await read_sealed(reader, sent[5:], ours)

    async def versions(self) -> list[Heard]:
        """Each version with the suites that it is spoken with, oldest first."""
        heard = [Heard(name) for name in VERSIONS]
        await together(*(self._version(one) for one in heard))
        return heard

    async def _version(self, heard: Heard) -> None:
        try:
            if heard.number == SSLV2:
                await self._sslv2(heard)
            else:
                # The suites of a version in hellos that every server can take, each with some of every kind.
                suites = MODERN if heard.number >= TLSV1_3 else LEGACY if heard.number == TLSV1_2 else FORMER
                count = -(-len(suites) // WIDEST)
                first, *others = [suites[start::count] for start in range(count)]
                if await self._suites(heard, first):
                    await together(*(self._suites(heard, part) for part in others))
        except TimeoutError:
            heard.reason = f"no answer to a ClientHello within {self.seconds:g} s"
        except NoTls:
            raise  # of the port, not of one version
        except (Malformed, NotAnswered) as error:
            heard.reason = str(error)
        except OSError as error:
            heard.reason = f"the connection failed: {error.strerror or error}"

    async def _sslv2(self, heard: Heard) -> None:
        async with self.connection() as (reader, writer):
            writer.write(sslv2_hello())
            heard.suites += await read_sslv2(reader)

    async def _suites(self, heard: Heard, offered: tuple[int, ...]) -> bool:
        """Add those that are taken. False when the version itself is refused."""
        while offered:
            flight = await self.ask(Offer(heard.number, offered))
            hello = flight.hello
            if hello is None or hello.version != heard.number:
                return hello is None and flight.alert != PROTOCOL_VERSION
            if hello.suite not in offered:
                raise Malformed("the port selected a suite that was not offered")
            heard.suites.append(hello.suite)
            heard.flights.append(flight)
            offered = tuple(s for s in offered if s != hello.suite)
        return True

    async def groups(self, heard: Heard, always: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The groups that a version takes, in the order of choice. `always` are offered each time, last: the
        curve of an ECDSA certificate has to be, before TLS 1.3."""
        modern = heard.number >= TLSV1_3
        suites = tuple(
            s for s in heard.suites if modern or IANA[s].startswith(("TLS_ECDHE", "TLS_ECDH_anon"))
        )
        left = [g for g in (GROUPS_1_3 if modern else CURVES_1_2) if g not in always]
        found: list[int] = []
        while suites:
            offered = tuple(g for g in (*left, *always))
            flight = await self.ask(Offer(heard.number, suites, groups=offered), brief=modern)
            if not offered or flight.hello is None or flight.group in (0, *found):
                break
            found.append(flight.group)
            left = [g for g in left if g != flight.group]
        return tuple(found)

    async def preference(self, heard: Heard) -> bool | None:
        """Whether the server's order decides; None with fewer than two suites."""
        if len(heard.suites) < 2:
            return None
        one = await self.ask(heard.offer, brief=True)
        other = await self.ask(replace(heard.offer, suites=heard.offer.suites[::-1]), brief=True)
        if one.hello is None or other.hello is None:
            return None
        return one.hello.suite == other.hello.suite

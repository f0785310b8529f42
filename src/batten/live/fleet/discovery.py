"""Open ports, found by plain TCP connections: paced, bounded, and patient with hosts that are far away."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from batten.live.fleet.hosts import Excluded
from batten.live.scope import Names
from batten.model.record import record

if sys.platform != "win32":
    import resource

MOST_AT_ONCE = 1000
RESERVED = 96  # descriptors for everything else
FIRST_SECONDS = 1.0  # for a host of which nothing is known yet
LONGEST_SECONDS = 2.0
SHORTEST_SECONDS = 0.3
TICK = 0.02  # seconds between two looks at how many connections may be begun
MOST_WAITS = 100  # for a descriptor or a port of one's own
SAVED_EVERY = 5.0  # seconds
_NO_ROOM = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN}
)


@record
class Sweep:
    """What is looked for: the ports of each host, with at most `rate` connections a second in all and `host_rate` to one
    address."""

    hosts: Mapping[str, tuple[int, ...]]
    rate: float = 1000.0
    host_rate: float = 50.0
    without: Excluded = field(default_factory=Excluded)


@dataclass(slots=True)
class Seen:
    """What one address showed: open ports, how many are closed, and which did not answer."""

    open: list[int] = field(default_factory=list)
    closed: int = 0
    silent: int = 0


@dataclass(slots=True)
class Swept:
    """What was found, by host and address. `rounds` are those that are done: each is one port of every host."""

    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    unresolved: dict[str, str] = field(default_factory=dict)  # names, and why
    rounds: int = 0
    connections: int = 0
    seconds: float = 0.0
    complete: bool = False

    @property
    def open(self) -> list[tuple[str, str, int]]:
        """Host, address and port of each that is open, in the order of the targets."""
        return [
            (host, address, port) for (host, address), seen in self.seen.items() for port in sorted(seen.open)
        ]


Counted = Callable[[int, int, int], None]  # connections that were tried, of all, and open ports
Saved = Callable[[Swept], None]


async def discover(
    sweep: Sweep, counted: Counted | None = None, saved: Saved | None = None, so_far: Swept | None = None
) -> Swept:
    """Try each port of each host once, and again where a host that answers elsewhere did not. When it is cancelled, what is
    known is returned, not `complete`."""
    explorer = _Explorer(sweep, counted, so_far or Swept())
    started = time.monotonic()
    try:
        await explorer.everything(saved)
        explorer.found.complete = True
    except asyncio.CancelledError:
        pass
    finally:
        explorer.found.seconds += time.monotonic() - started
    return explorer.found


def most_at_once() -> int:
    """Connections that are waited for at once, as far as the descriptors of the process go."""
    if sys.platform == "win32":
        return 64
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(8, min(MOST_AT_ONCE, files - RESERVED))


class _Delay:
    """How long an answer takes, smoothed as TCP does it (RFC 6298, 2)."""

    __slots__ = ("mean", "spread")

    def __init__(self) -> None:
        self.mean = self.spread = 0.0

    def add(self, seconds: float) -> None:
        if not self.mean:
            self.mean, self.spread = seconds, seconds / 2
            return
        self.spread += (abs(self.mean - seconds) - self.spread) / 4
        self.mean += (seconds - self.mean) / 8

    @property
    def patience(self) -> float:
        if not self.mean:
            return FIRST_SECONDS
        return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, 2 * self.mean + 4 * self.spread))


class _Explorer:
    def __init__(self, sweep: Sweep, counted: Counted | None, found: Swept) -> None:
        self.sweep, self.counted, self.found = sweep, counted, found
        self.places: list[tuple[str, str]] = []  # host and address
        self.ports: dict[tuple[str, str], tuple[int, ...]] = {}
        self.delays: dict[tuple[str, str], _Delay] = {}
        self.room = asyncio.Semaphore(most_at_once())
        self.pending: set[asyncio.Task[None]] = set()
        self.again: list[tuple[tuple[str, str], int]] = []
        self.total = self.opened = 0
        self._next = 0.0

    async def everything(self, saved: Saved | None) -> None:
        await self._resolved()
        self.total = sum(map(len, self.ports.values()))
        last = time.monotonic()
        try:
            for number in range(self.found.rounds, max(map(len, self.ports.values()), default=0)):
                await self._round(self._of_round(number))
                if saved is not None and time.monotonic() - last > SAVED_EVERY:
                    await self._settled()
                    self.found.rounds, last = number + 1, time.monotonic()
                    saved(self.found)
            await self._settled()
        finally:
            for task in self.pending:
                task.cancel()
            await asyncio.gather(*self.pending, return_exceptions=True)

    async def _resolved(self) -> None:
        """The addresses of names, each that is not excluded; those of excluded names are."""
        for name in self.sweep.without.names:
            with suppress(socket.gaierror):
                for address in await Names().addresses(name):
                    self.sweep.without.add(address)
        names = Names(self.sweep.without.covers)
        told = await asyncio.gather(*(self._addresses(names, host) for host in self.sweep.hosts))
        for (host, ports), addresses in zip(self.sweep.hosts.items(), told, strict=True):
            for address in addresses:
                allowed = tuple(p for p in ports if not self.sweep.without.covers(address, p))
                if allowed and not self.sweep.without.covers(address):
                    self.places.append((host, address))
                    self.ports[host, address] = allowed
                    self.found.seen.setdefault((host, address), Seen())

    async def _addresses(self, names: Names, host: str) -> tuple[str, ...]:
        try:
            return await names.addresses(host)
        except socket.gaierror as error:
            self.found.unresolved[host] = error.strerror or str(error)
            return ()

    def _of_round(self, number: int) -> Iterator[tuple[tuple[str, str], int]]:
        for place in self.places:
            if number < len(ports := self.ports[place]):
                yield place, ports[number]

    async def _round(self, pairs: Iterator[tuple[tuple[str, str], int]], patient: bool = False) -> None:
        """One port of each host: no host is asked again before its own pace allows it."""
        began = time.monotonic()
        for place, port in pairs:
            await self._turn()
            await self.room.acquire()
            task = asyncio.ensure_future(self._one(place, port, patient))
            self.pending.add(task)
            task.add_done_callback(self._over)
        rest = began + (1 / self.sweep.host_rate if self.sweep.host_rate > 0 else 0) - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)

    def _over(self, task: asyncio.Task[None]) -> None:
        self.pending.discard(task)
        self.room.release()

    async def _turn(self) -> None:
        """Wait as long as the pace requires; small waits are added up, since a loop cannot sleep for less."""
        now = time.monotonic()
        self._next = max(self._next + 1 / self.sweep.rate, now - TICK)
        if self._next > now + TICK:
            await asyncio.sleep(self._next - now)

    async def _settled(self) -> None:
        """All answers there, and a second try of ports that did not answer at hosts that do."""
        await self._waited()
        late, self.again = self.again, []
        alive = [one for one in late if one[0] in self.delays]
        for place, _ in late:
            self.found.seen[place].silent += 1
        by_place: dict[tuple[str, str], list[int]] = {}
        for place, port in alive:
            by_place.setdefault(place, []).append(port)
        for number in range(max(map(len, by_place.values()), default=0)):
            await self._round(
                ((p, some[number]) for p, some in by_place.items() if number < len(some)), patient=True
            )
        await self._waited()

    async def _waited(self) -> None:
        while self.pending:
            await asyncio.wait(self.pending)

    async def _one(self, place: tuple[str, str], port: int, patient: bool) -> None:
        seen, delay = self.found.seen[place], self.delays.get(place)
        seconds = LONGEST_SECONDS if patient else delay.patience if delay is not None else FIRST_SECONDS
        started = time.monotonic()
        answer = await connected(place[1], port, seconds)
        self.found.connections += 1
        if answer is None:
            if not patient:
                self.again.append((place, port))
        else:
            self.delays.setdefault(place, _Delay()).add(time.monotonic() - started)
            seen.silent -= 1 if patient else 0
            if answer:
                seen.open.append(port)
                self.opened += 1
            else:
                seen.closed += 1
        if self.counted is not None:
            self.counted(self.found.connections, self.total, self.opened)


async def connected(address: str, port: int, seconds: float) -> bool | None:
    """Whether a port takes connections; None where nothing answers in time. Nothing is sent."""
    loop = asyncio.get_running_loop()
    for _ in range(MOST_WAITS):
        try:
            return await _tried(loop, address, port, seconds)
        except TimeoutError:
            return None
        except ConnectionError:
            return False
        except OSError as error:
            if error.errno not in _NO_ROOM:
                return None
            await asyncio.sleep(TICK)  # this process has no room: that is not the other side's silence
    return None


async def _tried(loop: asyncio.AbstractEventLoop, address: str, port: int, seconds: float) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        async with asyncio.timeout(seconds):
            await loop.sock_connect(connection, (address, port))
        # A port of one's own host can be the one that the connection comes from: it is connected with itself.
        return bool(connection.getsockname()[:2] != connection.getpeername()[:2])

"""What listens at an open port: a store, a web server, a service with TLS, or something that batten does not assess."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from struct import error as StructError
from typing import TypeVar

from batten.facts import Store
from batten.live.client import Client, refused
from batten.live.dialogue import converse
from batten.live.exchange import (
    Answer,
    CertificateWanted,
    NotAnswered,
    OtherProduct,
    Question,
    Request,
    TcpDialogue,
    TlsHello,
)
from batten.live.probes.stores import probe_of
from batten.live.runner import OURS
from batten.live.stores import unknown
from batten.live.stores.door import Door, doors
from batten.live.tls.handshakes import context
from batten.live.tls.services import SCHEMES as SERVICES
from batten.model.record import record

AT_ONCE = 32  # ports that are asked at once
SECONDS = 5.0
PORT_SECONDS = 45.0  # for all questions to one port
MOST_UNKNOWN = 16  # ports of one host in a row that say nothing that is known
HANDSHAKE_SECONDS = 3.0
MOST_QUESTIONS = 40
AGAIN = 2  # times that a port with TLS is asked for HTTP, when nothing else is asked
PAUSE = 0.25  # seconds in between

_GREETINGS = (
    (re.compile(rb"SSH-\d"), "ssh"),
    (re.compile(rb"220[ -].*(?:SMTP|mail)", re.IGNORECASE), "smtp"),
    (re.compile(rb"220[ -]"), "ftp"),
    (re.compile(rb"\* (?:OK|PREAUTH)"), "imap"),
    (re.compile(rb"\+OK"), "pop3"),
    (re.compile(rb"RFB \d{3}\.\d{3}\n"), "vnc"),
)
_WITH_TLS = {port: scheme for scheme, (begun, port) in SERVICES.items() if not begun}
UNKNOWN = "unknown"
T = TypeVar("T")


@record
class Listener:
    """What answers at a port. `kind` is http, https, a store's or service's scheme, tls, or what batten does not assess: ssh,
    vnc, unknown."""

    host: str
    port: int
    kind: str

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def source(self) -> str:
        return f"{self.kind}://{self.place}"


async def listening(places: Iterable[tuple[str, str, int]]) -> list[Listener]:
    """What listens at each host, address and port; the address is dialled, and nothing else. A host of which many ports say
    nothing that is known, as behind a firewall that takes every connection, is not asked at its others."""
    room = asyncio.Semaphore(AT_ONCE)
    unknown: dict[str, int] = {}

    async def one(host: str, address: str, port: int) -> Listener:
        async with room:
            if unknown.get(host, 0) >= MOST_UNKNOWN:
                return Listener(host, port, UNKNOWN)
            found = Listener(host, port, await _bounded(_Sounding(host, address, port)))
            unknown[host] = unknown.get(host, 0) + 1 if found.kind == UNKNOWN else 0
            return found

    return list(await asyncio.gather(*(one(*place) for place in places)))


async def _bounded(sounding: _Sounding) -> str:
    try:
        async with asyncio.timeout(PORT_SECONDS):
            return await sounding.kind()
    except TimeoutError:
        return UNKNOWN


@dataclass(slots=True)
class _Sounding:
    """A few harmless questions to one port."""

    host: str
    address: str
    port: int
    greeting: bytes = b""
    scheme: str = ""  # of the last answer over HTTP
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self._resolve, SECONDS)

    async def _resolve(self, host: str, port: int) -> tuple[str, int]:
        if (host, port) != (self.host, self.port):
            raise NotAnswered(f"{host}:{port} is out of scope")
        return self.address, port

    async def kind(self) -> str:
        bracketed = f"[{self.host}]" if ":" in self.host else self.host
        (door,) = doors(f"{bracketed}:{self.port}")
        try:
            if await self._is(door):
                return door.scheme
            return await self._recognised(replace(door, scheme="", tls=None, guessed=False))
        finally:
            await self.client.close()

    async def _is(self, door: Door) -> bool:
        """Whether the store that is usual at the port answers there."""
        steps = probe_of(door) if door.scheme else None
        if steps is None:
            return False
        try:
            return any(isinstance(fact, Store) for fact in await self._driven(steps) or ())
        except CertificateWanted:
            return True
        except (NotAnswered, ValueError, LookupError, StructError, RecursionError):
            return False

    async def _recognised(self, door: Door) -> str:
        try:
            return await self._driven(unknown.recognise(door))
        except OtherProduct:
            return self.scheme or "http"
        except (NotAnswered, ValueError, LookupError, StructError, RecursionError):
            pass
        if self.scheme:
            return self.scheme
        greeted = next((name for pattern, name in _GREETINGS if pattern.match(self.greeting)), "")
        if greeted or not await self._speaks_tls():
            return greeted or UNKNOWN
        return _WITH_TLS.get(self.port) or ("https" if await self._answers_https() else "tls")

    async def _answers_https(self) -> bool:
        """Whether HTTP is answered over TLS, asked when no other connection is open: a server that takes one at a time answered
        none of the questions before."""
        bracketed = f"[{self.host}]" if ":" in self.host else self.host
        await self.client.close()
        for _ in range(AGAIN):
            asked = Request("GET", f"https://{bracketed}:{self.port}/", anonymous=True, alone=True)
            try:
                await self.client.send(_bare(asked))
            except NotAnswered:
                await asyncio.sleep(PAUSE)
            else:
                return True
        return False

    async def _speaks_tls(self) -> bool:
        """Whether a handshake is understood; a server that requires a certificate understands it."""
        try:
            _, writer = await self.client.dial(self.host, self.port)
        except OSError:
            return False
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await writer.start_tls(context(), server_hostname=self.host)
            return True
        except ssl.SSLError as error:
            return isinstance(refused(error), CertificateWanted)
        except OSError:
            return False
        finally:
            writer.transport.abort()

    async def _driven(self, steps: Generator[Question, Answer, T]) -> T:
        """What the steps return, their questions answered by this port alone."""
        try:
            question = next(steps)
            for _ in range(MOST_QUESTIONS):
                try:
                    answer = await self._asked(question)
                except NotAnswered as error:
                    question = steps.throw(error)
                else:
                    question = steps.send(answer)
        except StopIteration as end:
            made: T = end.value
            return made
        finally:
            steps.close()
        raise NotAnswered("the port was not recognised")

    async def _asked(self, question: Question) -> Answer:
        if isinstance(question, TlsHello):
            raise NotAnswered("TLS is assessed later")
        if isinstance(question, TcpDialogue):
            answer = await converse(question, self.client.dial, SECONDS)
            if not self.greeting and question.lines[:1] == (b"",):
                self.greeting = answer.part(0)
            return answer
        response = await self.client.send(_bare(question))
        self.scheme = question.url.partition(":")[0]
        return response


def _bare(request: Request) -> Request:
    """With the headers that every request of batten's has."""
    written = {name.lower() for name, _ in request.headers}
    host = ("Host", request.url.split("/")[2].rpartition("@")[2])
    own = tuple(pair for pair in (host, *OURS) if pair[0].lower() not in written)
    return replace(request, headers=own + request.headers)

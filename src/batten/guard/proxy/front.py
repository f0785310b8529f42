"""The requests of a client's connection."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from batten.guard import decisions
from batten.guard.accounting import Accounting
from batten.guard.answers.problems import phrase
from batten.guard.compiled import Compiled
from batten.guard.options import Rule
from batten.guard.proxy import wire
from batten.guard.proxy.connection import (
    BODY,
    BUSY,
    CLOSED,
    HEAD,
    LINGER,
    LINGER_SECONDS,
    Connection,
    Workshop,
)
from batten.guard.proxy.framing import BadFraming
from batten.guard.proxy.lanes import Lane
from batten.guard.proxy.lines import Malformed
from batten.guard.proxy.onward import Onward
from batten.guard.proxy.passage import Passage
from batten.guard.proxy.wire import Asked, Reader
from batten.guard.requests.heads import is_touched
from batten.guard.senders.sender import introduced
from batten.guard.senders.trust import Trusted
from batten.guard.served import Allow
from batten.guard.verdicts import Answered, Head, Refuse

MOST_EARLY = 65_536  # bytes that a client may send before it is their turn
MOST_LINGER = 1_048_576  # bytes of a refused body that are read and thrown away
NOTHING = Head("?", b"", b"", (), "http")
_MALFORMED = Head("?", b"(malformed)", b"", (), "http")
_MALFORMED_TLS = Head("?", b"(malformed)", b"", (), "https")
_CLOSING = frozenset((400, 408, 413, 414, 417, 431, 501))


class Client:
    """Who is at the other end of a connection, and for whom that peer speaks."""

    __slots__ = ("_last", "_trusted", "address", "is_trusted")

    def __init__(self, compiled: Compiled, peer: str, source: str) -> None:
        """`source` is what the PROXY protocol told, "" where it told nothing. Who trusts every direct peer does not trust
        the addresses that those tell of."""
        trusted = compiled.trusted
        if source and trusted is not None:
            trusted = Trusted(trusted.networks)
        self.address = source or peer
        self.is_trusted = trusted is not None and trusted.takes(self.address)
        self._trusted = trusted
        self._last: tuple[Asked, Compiled, tuple[Asked, Head, bytes]] | None = None

    def introduced(self, compiled: Compiled, asked: Asked, head: Head) -> tuple[Asked, Head, bytes]:
        """A request as its client sent it, and the lines by which the upstream is told of that client; equal objects
        give equal objects."""
        last = self._last
        if last is not None and last[0] is asked and last[1] is compiled:
            return last[2]
        head = introduced(head, self.address, self._trusted, compiled.hosts, compiled.declared)
        fields = dict(head.headers)
        untouched = asked.body is None and not is_touched(fields)
        made = asked._replace(headers=head.headers, fields=fields, untouched=untouched)
        found = made, head, wire.written(head.sender.told)
        if asked.body is None:
            self._last = asked, compiled, found
        return found


class Front(Connection):
    """Requests are judged and answered one after the other."""

    __slots__ = (
        "_blank",
        "_client",
        "_head",
        "_judged",
        "_lane",
        "_peer",
        "_read",
        "_seen",
        "_since",
        "_source",
        "onward",
    )

    def __init__(self, workshop: Workshop, tls: bool, source: str = "") -> None:
        """`source` is the address that a peer has told by the PROXY protocol."""
        super().__init__(workshop, tls)
        self._lane: Lane | Workshop = workshop
        self._source = source
        self._head = NOTHING
        self._read = Reader(workshop.lines)
        self._seen = 0  # bytes of a head that is not whole
        self._blank = False  # an empty line before the head was seen
        self._since = 0.0
        self._peer = ""
        self._judged: tuple[Asked, Accounting, Head, Allow] | None = (
            None  # the last request that was let through
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class
        peer = transport.get_extra_info("peername")
        # "" at a unix socket.
        self._client = Client(
            self._workshop.accounting.compiled, str(peer[0]) if isinstance(peer, tuple) else "", self._source
        )
        self._peer = self._client.address
        scheme = "https" if self._tls else "http"
        self.onward = Onward(self._workshop.sections, self._peer, scheme)
        self.deadline = self._workshop.clock.now + self._workshop.settings.deadlines.head
        self._workshop.joined(self)

    # Requests

    def data_received(self, data: bytes) -> None:
        if self._state == HEAD or self._state == BODY:
            self._serve(self._waiting + data if self._waiting else data)
        elif self._state == BUSY:
            if not self._ends:
                self._waiting += data
                if len(self._waiting) > MOST_EARLY:
                    self.pause_reading()
        else:
            self._bytes += len(data)
            if self._bytes > MOST_LINGER:
                self._abort()

    def _serve(self, data: bytes) -> None:
        """Take what has come as far as it goes."""
        self._waiting = b""
        self._serving = True
        while data and not self._stuck:
            if self._state == HEAD:
                data, more = self._on_head(data)
                if not more:
                    break
            elif self._state == BODY:
                data = self._on_body(data)
            else:
                break
        self._serving = False
        if self._state != LINGER and not self._ends:
            self._waiting = data

    def _on_head(self, data: bytes) -> tuple[bytes, bool]:
        if not self._blank and data.startswith(b"\r\n"):  # one is tolerated (RFC 9112, 2.2)
            self._blank = True
            self._seen = 0
            return data[2:], True
        end = data.find(wire.END, max(self._seen - 3, 0))
        limits = self._workshop.accounting.compiled.options.limits
        if end < 0 or end > limits.head + limits.target:
            # A head that is not whole.
            part_limits = self._workshop.accounting.compiled.options.limits
            line = data.find(b"\r\n")
            if line < 0 and len(data) > part_limits.target + 50:
                self._malformed(414, "the request line is too long")
            elif len(data) > part_limits.head + part_limits.target and (
                end < 0 or end > part_limits.head + part_limits.target
            ):
                self._malformed(
                    414 if line > part_limits.target + 50 else 431, "the header section is too long"
                )
            elif wire.is_torn(data, self._seen):
                self._malformed(400, "the header section is ambiguous")
            else:
                self._seen = len(data)
                if not self._since:
                    self._since = time.monotonic()
                    self.deadline = self._workshop.clock.now + self._workshop.settings.deadlines.head
            return data, False
        self._blank = False
        self._seen = 0
        try:
            asked = self._read.request(data[: end + 4], self._workshop.settings.http10)
        except Malformed as error:
            self._malformed(error.status, str(error))
            return b"", False
        self._begin(asked, end)
        return data[end + 4 :], True

    def _begin(self, asked: Asked, weight: int) -> None:
        """`weight` is the head's, in bytes."""
        workshop = self._workshop
        asked, known = self._introduced(asked)
        self._asked = asked
        self._since = time.monotonic()
        self._bytes = 0
        self._state = BUSY if asked.body is None else BODY
        self._ends = not asked.persists or workshop.draining
        self.deadline = float("inf")
        accounting = self._lane.accounting
        judged = self._judged
        if judged is not None and judged[0] is asked and judged[1] is accounting:  # it asks the same again
            self._head = judged[2]
            self._let_through(accounting, judged[2], asked, judged[3])
            return
        self._head = head = known or self._head_of(asked)
        hosts = accounting.compiled.hosts
        clean = asked.is_clean(accounting.compiled.options.limits, weight)
        clean = clean and (hosts is None or hosts[asked.fields[b"host"]])
        verdict = decisions.read_request(accounting.compiled, head, asked.fields, clean)
        if isinstance(verdict, Allow):
            self._judged = asked, accounting, head, verdict
            self._let_through(accounting, head, asked, verdict)
        elif isinstance(verdict, Answered):
            self._ends = self._ends or asked.body is not None
            self.write_own(verdict.status, verdict.headers, b"")
            self.finished(verdict.status, None, "")
        else:
            self.refuse(asked, None, verdict)

    def _introduced(self, asked: Asked) -> tuple[Asked, Head | None]:
        """A request as its client sent it, and its head where that was needed to know whose contract judges it, or who
        the client is."""
        lanes, client = self._workshop.lanes, self._client
        if lanes is None and not client.is_trusted:
            return asked, None
        head = self._head_of(asked)
        if lanes is not None:
            self._lane = lanes.of(head) or self._workshop
        if client.is_trusted:
            asked, head, self.onward.told = client.introduced(self._lane.accounting.compiled, asked, head)
        return asked, head

    def _let_through(self, accounting: Accounting, head: Head, asked: Asked, allow: Allow) -> None:
        workshop, served = self._workshop, allow.served
        if served is not None and served.rates:
            refusal = accounting.excess(head, allow, asked.fields, self._peer)
            if refusal is not None:
                self.refuse(asked, allow, refusal)
                return
        if asked.body is not None:
            self.deadline = workshop.clock.now + workshop.settings.deadlines.body
        self._passage = passage = Passage(self, self._lane, accounting, head, asked, allow)
        passage.start()

    def _on_body(self, data: bytes) -> bytes:
        """What of it is left for the next request."""
        asked, passage = self._asked, self._passage
        assert asked is not None and asked.body is not None and passage is not None
        body = asked.body
        try:
            piece = body.take(data)
        except BadFraming as error:
            self.refuse(asked, passage.allow, Refuse(Rule.HEAD, 400, "Bad Request", detail=f"{error}."))
            return b""
        if body.done:
            self._state = BUSY
            self.deadline = float("inf")
        elif piece:
            self.deadline += len(piece) / self._workshop.settings.slowest
        if piece or body.done:
            passage.on_body(piece, body.done)
        return body.rest if body.done else b""

    def _head_of(self, asked: Asked) -> Head:
        return Head(
            asked.method, asked.raw_path, asked.query, asked.headers, "https" if self._tls else "http"
        )

    # Answers

    def refuse(self, asked: Asked, allow: Allow | None, refusal: Refuse) -> None:
        """Instead of an answer."""
        workshop = self._workshop
        workshop.meter.enforced(refusal.rule)
        reply = self._lane.accounting.refused(self._head, refusal, allow)
        if refusal.status in _CLOSING:
            self._ends = True
        passage = self._passage
        if passage is not None:
            passage.client_gone()
        self.write_own(reply.status, reply.headers, reply.body)
        self.finished(reply.status, refusal.rule, reply.reference)

    def _malformed(self, status: int, why: str) -> None:
        """Nobody knows where such a request ends, so nothing after it is read."""
        workshop = self._workshop
        refusal = Refuse(Rule.HEAD, status, phrase(status), detail=f"{why[:1].upper()}{why[1:]}.")
        workshop.meter.enforced(Rule.HEAD)
        reply = workshop.accounting.refused(_MALFORMED_TLS if self._tls else _MALFORMED, refusal)
        self._asked, self._head, self._lane = None, NOTHING, workshop
        self._ends = True
        self._bytes = 0
        self._since = self._since or time.monotonic()
        self.write_own(reply.status, reply.headers, reply.body)
        self.finished(reply.status, Rule.HEAD, reply.reference)

    def finished(self, status: int, rule: Rule | None, reference: str) -> None:
        """The answer is written. The next request's turn, or the end."""
        workshop = self._workshop
        asked, passage = self._asked, self._passage
        self._passage = None
        seconds = time.monotonic() - self._since
        label = self._label(asked, passage, rule)
        service = self._lane.accounting.service
        workshop.meter.answered(status, seconds, f"{service}\n{label}" if service else label)
        if workshop.access.is_on:
            client = self._head.sender.address or self._peer
            workshop.access.add(client, asked, label, status, self._bytes, seconds, rule, reference, service)
        self._since = 0.0
        if self._state == CLOSED:
            return
        if self._ends or self._state == BODY:
            self._close()
            return
        self._state = HEAD
        self._asked = None
        self.deadline = workshop.clock.now + workshop.settings.deadlines.idle
        if self._stuck:
            self.deadline = workshop.clock.now + workshop.settings.deadlines.stall
            return
        if self._held:
            self.resume_reading()
        if self._waiting and not self._serving:
            self._serve(self._waiting)

    def _label(self, asked: Asked | None, passage: Passage | None, rule: Rule | None) -> str:
        """The operation's label; "" for a request without an operation."""
        if passage is not None:
            return passage.label
        if asked is None or rule is None:
            return ""
        return self._lane.accounting.compiled.label(asked.method, asked.raw_path)

    def late(self) -> None:
        """Its deadline has passed."""
        if self._state == LINGER or self._stuck:
            self._abort()
        elif self._state == HEAD and not self._waiting:
            self._state = LINGER
            if self.transport is not None:
                self.transport.close()
            self.deadline += LINGER_SECONDS
        elif self._state == HEAD:
            self._malformed(408, "the request did not arrive in time")
        elif self._state == BODY and self._asked is not None and self._passage is not None:
            refusal = Refuse(Rule.SIZE, 408, "Request Timeout", detail="The body did not arrive in time.")
            self.refuse(self._asked, self._passage.allow, refusal)
        else:
            self.deadline = float("inf")

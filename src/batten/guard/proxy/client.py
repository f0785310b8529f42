"""Who is at the other end of a connection, and for whom that peer speaks."""

from __future__ import annotations

from batten.guard.compiled import Compiled
from batten.guard.heads import is_touched
from batten.guard.proxy import wire
from batten.guard.proxy.wire import Asked
from batten.guard.senders.sender import introduced
from batten.guard.senders.trust import Trusted
from batten.guard.verdicts import Head


class Client:
    """Of one connection. `lines` are what the upstream is told of the last request's client."""

    __slots__ = ("_last", "_trusted", "address", "is_trusted", "lines")

    def __init__(self, compiled: Compiled, peer: str, source: str) -> None:
        """`source` is what the PROXY protocol told, "" where it told nothing. Who trusts every direct peer does not trust
        the addresses that those tell of."""
        trusted = compiled.trusted
        if source and trusted is not None:
            trusted = Trusted(trusted.networks)
        self.address = source or peer
        self.is_trusted = trusted is not None and trusted.takes(self.address)
        self.lines = b""
        self._trusted = trusted
        self._last: tuple[Asked, Compiled, Asked, Head] | None = None

    def introduced(self, compiled: Compiled, asked: Asked, head: Head) -> tuple[Asked, Head]:
        """A request as its client sent it; equal objects give equal objects."""
        last = self._last
        if last is not None and last[0] is asked and last[1] is compiled:
            return last[2], last[3]
        head = introduced(head, self.address, self._trusted, compiled.hosts, compiled.declared)
        fields = dict(head.headers)
        untouched = asked.body is None and not is_touched(fields)
        made = asked._replace(headers=head.headers, fields=fields, untouched=untouched)
        self.lines = wire.written(head.sender.told)
        if asked.body is None:
            self._last = asked, compiled, made, head
        return made, head

"""Who is at the other end of a connection, and for whom that peer speaks."""

from __future__ import annotations

from batten.guard.compiled import Compiled
from batten.guard.proxy import wire
from batten.guard.proxy.wire import Asked
from batten.guard.requests.heads import is_touched
from batten.guard.senders.sender import introduced
from batten.guard.senders.trust import Trusted
from batten.guard.verdicts import Head


class Client:
    """Of one connection."""

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

"""The head that a request goes on to the upstream with."""

from __future__ import annotations

from batten.guard import decisions
from batten.guard.proxy import wire
from batten.guard.proxy.wire import Asked
from batten.guard.verdicts import Allow

_FORWARDED = frozenset((b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host",
                        b"x-forwarded-port", b"x-forwarded-server", b"x-forwarded-ssl", b"x-real-ip"))  # fmt: skip


class Onward:
    """Of one connection. What it made last is kept while the client asks, or says of itself, the same."""

    __slots__ = ("_dropped", "_fields", "_key", "_last", "_told")

    def __init__(self, behind_proxy: bool, peer: str, scheme: str) -> None:
        """`behind_proxy`: what a proxy in front tells of the client is passed on; else the guard tells it."""
        told = "" if behind_proxy else f"x-forwarded-for: {peer}\r\nx-forwarded-proto: {scheme}\r\n"
        self._told = told.encode()
        self._dropped = wire.HOP if behind_proxy else wire.HOP | _FORWARDED
        self._last: tuple[Asked, Allow, bytes] | None = None
        self._key: tuple[object, ...] = ()
        self._fields = b""

    def head(self, asked: Asked, allow: Allow) -> bytes:
        """Without what tells of the body."""
        last = self._last
        if last is not None and last[0] is asked and last[1] is allow:
            return last[2]
        target = b"%b?%b" % (asked.raw_path, asked.query) if asked.query else asked.raw_path
        made = b"%b %b HTTP/1.1\r\n%b" % (asked.method.encode(), target, self._section(asked, allow))
        self._last = asked, allow, made
        return made

    def _section(self, asked: Asked, allow: Allow) -> bytes:
        """The header section."""
        key = (asked.headers, allow.served, allow.drop)
        last = self._key
        if last and last[0] is key[0] and last[1] is key[1] and last[2] == key[2]:
            return self._fields
        kept = [p for p in decisions.forwarded(allow, asked.headers) if p[0] not in self._dropped]
        self._key = key
        self._fields = b"".join([b"%b: %b\r\n" % pair for pair in kept]) + self._told
        return self._fields

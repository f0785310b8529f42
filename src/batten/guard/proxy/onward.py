"""The head that a request goes on to the upstream with."""

from __future__ import annotations

from batten.guard import decisions
from batten.guard.proxy import wire
from batten.guard.proxy.wire import Asked
from batten.guard.remembered import Remembered
from batten.guard.served import Allow, Served
from batten.guard.verdicts import Headers

# What the guard says itself of the client.
_DROPPED = wire.HOP | {b"x-forwarded-for", b"x-forwarded-proto"}


class Written(Remembered[tuple[bytes, bytes], bytes]):
    """Headers as lines for the upstream, empty for those that go no further."""

    __slots__ = ("_dropped", "_served")

    def __init__(self, dropped: frozenset[bytes], served: Served | None) -> None:
        """`served` is any operation with the same padding, None where no answer is looked at."""
        self._dropped = dropped
        self._served = served

    def __missing__(self, pair: tuple[bytes, bytes]) -> bytes:
        name, value = pair
        if self._served is not None:
            name, value = decisions.narrowed(self._served, name, value)
        line = b"" if name in self._dropped else b"%b: %b\r\n" % (name, value)
        self.keep(pair, line, name, len(name) + len(pair[1]))
        return line


class Sections:
    """Header sections for the upstream of one worker."""

    __slots__ = ("_written",)

    def __init__(self) -> None:
        self._written: dict[bytes | None, Written] = {}

    def section(self, headers: Headers, allow: Allow) -> bytes:
        served, drop = allow.served, allow.drop
        kind = None if served is None else served.codings
        written = self._written.get(kind)
        if written is None:
            written = self._written[kind] = Written(_DROPPED, served)
        if drop:
            headers = tuple([pair for pair in headers if pair[0] not in drop])
        return b"".join(map(written.__getitem__, headers))


class Onward:
    """Of one connection. What it made last is kept while the client asks, or says of itself, the same."""

    __slots__ = ("_fields", "_key", "_last", "_sections", "told")

    def __init__(self, sections: Sections, peer: str, scheme: str) -> None:
        """`told` are the lines that say who the client is: the peer, until a trusted one says otherwise."""
        address = f"x-forwarded-for: {peer}\r\n" if peer else ""
        self.told = f"{address}x-forwarded-proto: {scheme}\r\n".encode()
        self._sections = sections
        self._last: tuple[Asked, Allow, bytes] | None = None
        self._key: tuple[object, ...] = ()
        self._fields = b""

    def head(self, asked: Asked, allow: Allow) -> bytes:
        """Without what tells of the body."""
        last = self._last
        if last is not None and last[0] is asked and last[1] is allow:
            return last[2]
        query = asked.query if allow.query is None else allow.query
        target = b"%b?%b" % (asked.raw_path, query) if query else asked.raw_path
        section_last = self._key
        if (
            section_last
            and section_last[0] is asked.headers
            and section_last[1] is allow.served
            and section_last[2] == allow.drop
        ):
            section = self._fields
        else:
            self._key = asked.headers, allow.served, allow.drop
            self._fields = self._sections.section(asked.headers, allow) + self.told
            section = self._fields
        made = b"%b %b HTTP/1.1\r\n%b" % (asked.method.encode(), target, section)
        self._last = asked, allow, made
        return made

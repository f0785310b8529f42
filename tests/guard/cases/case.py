from __future__ import annotations

from dataclasses import dataclass

HOST = "api.example.com"
SHOP = "https://shop.example.com"
EVIL = "https://evil.example"
TOKEN = "Authorization: Bearer abc"
JSON = "Content-Type: application/json"
GOOD_LIST = b'[{"name":"mug"}]'
GOOD_THING = b'{"name":"mug"}'


@dataclass(frozen=True)
class Case:
    """`statuses` are those of all answers in order, interim ones too. `reaches` is how many requests get to the
    upstream. `shows` and `hides` are looked for in the last answer's head in lower case, `body` is all of its
    body, `got` and `got_not` are looked for in what the upstream read.

    A `wire` case depends on the bytes themselves: a middleware's server has read them before.
    """

    name: str
    sent: bytes
    statuses: tuple[int, ...]
    reaches: int = 1
    closes: bool = False
    shows: tuple[bytes, ...] = ()
    hides: tuple[bytes, ...] = ()
    body: bytes | None = None
    got: tuple[bytes, ...] = ()
    got_not: tuple[bytes, ...] = ()
    wire: bool = False
    cut: bool = False  # the last answer's body breaks off, so that the client can see it

    @property
    def finals(self) -> tuple[int, ...]:
        return tuple(status for status in self.statuses if status >= 200)


def asked(line: str, *headers: str, body: bytes = b"", play: str = "") -> bytes:
    """A request with Host; `play` tells the upstream what to answer (cases/plays.py)."""
    played = (f"X-Play: {play}",) if play else ()
    head = "\r\n".join((f"{line} HTTP/1.1", f"Host: {HOST}", *played, *headers))
    return head.encode("latin-1") + b"\r\n\r\n" + body


def posted(line: str, body: bytes, *headers: str, play: str = "") -> bytes:
    return asked(line, *headers, f"Content-Length: {len(body)}", body=body, play=play)


def refused(name: str, sent: bytes, status: int = 400, wire: bool = True, closes: bool = True) -> Case:
    return Case(name, sent, (status,), 0, closes, wire=wire)

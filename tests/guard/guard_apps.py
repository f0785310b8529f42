"""cases/plays.py as an ASGI application, for carriers that are middleware."""

from __future__ import annotations

from typing import Any

import h11
from cases.plays import CUT, PLAYS
from guard_upstream import usual


class Application:
    """`seen` are requests as the application got them, `raw` the same as bytes."""

    def __init__(self) -> None:
        self.seen: list[tuple[bytes, bytes, bytes]] = []
        self.raw = b""

    def forget(self) -> None:
        self.seen, self.raw = [], b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        method, target = scope["method"].encode(), scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        headers = dict(scope["headers"])
        self.seen.append((method, target, body))
        lines = b"".join(b"%b: %b\r\n" % (name, value) for name, value in scope["headers"])
        self.raw += b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, lines, body)
        play = headers.get(b"x-play", b"").decode()
        await _answer(PLAYS[play] if play else usual(method, target), method, send)


async def _answer(said: bytes, method: bytes, send: Any) -> None:
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method=method, target=b"/", headers=[(b"host", b"a")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(said.removesuffix(CUT))
    if said.endswith(CUT):
        reader.receive_data(b"")
    response, body = reader.next_event(), b""
    assert isinstance(response, h11.Response)
    while isinstance(event := reader.next_event(), h11.Data):
        body += bytes(event.data)
    kept = [
        (bytes(n), bytes(v)) for n, v in response.headers if n not in (b"transfer-encoding", b"connection")
    ]
    await send({"type": "http.response.start", "status": response.status_code, "headers": kept})
    await send({"type": "http.response.body", "body": body})

"""An upstream that answers as cases/plays.py says, and keeps the bytes that it read."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import h11
from cases.case import GOOD_LIST, GOOD_THING
from cases.plays import CUT, ENDLESS, EVENTS, HANG, PLAYS, RESET, STREAM, answer

_NO_CONTENT = PLAYS["204"]


class Upstream:
    """`seen` are whole requests as h11 reads them, `raw` all bytes of each connection."""

    def __init__(self, port: int = 0) -> None:
        self.seen: list[tuple[bytes, bytes, bytes]] = []  # method, target, body
        self.raw: list[bytes] = []
        self.unread: list[str] = []  # what h11 refused, other than a request that was broken off
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        self.seen, self.raw, self.unread = [], [b"" for _ in self.raw], []

    def close(self) -> None:
        self.ended.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self.raw.append(b"")
            threading.Thread(target=self._serve, args=(link, len(self.raw) - 1), daemon=True).start()

    def _serve(self, link: socket.socket, number: int) -> None:
        with link:
            reader = h11.Connection(h11.SERVER, max_incomplete_event_size=200_000)
            try:
                while self._one(link, number, reader):
                    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=200_000)
            except h11.RemoteProtocolError as error:
                self.unread.append(str(error))
            except OSError:
                pass

    def _one(self, link: socket.socket, number: int, reader: h11.Connection) -> bool:
        request, body = None, b""
        while True:
            event = reader.next_event()
            if event is h11.NEED_DATA:
                data = link.recv(65_536)
                self.raw[number] += data
                if not data:
                    return False
                reader.receive_data(data)
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        assert request is not None
        self.seen.append((request.method, request.target, body))
        if reader.trailing_data[0]:
            self.unread.append("bytes after the request")
        headers = dict(request.headers)
        return self._answer(link, headers.get(b"x-play", b"").decode(), request.method, request.target)

    def _answer(self, link: socket.socket, play: str, method: bytes, target: bytes) -> bool:
        said = PLAYS[play] if play else usual(method, target)
        for mark in (CUT, RESET, HANG, ENDLESS):
            if said.endswith(mark):
                link.sendall(said.removesuffix(mark))
                if mark == RESET:
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if mark == HANG:
                    link.recv(1)
                while mark == ENDLESS:
                    link.sendall(b" " * 65_536)
                return False
        link.sendall(said)
        return True


def usual(method: bytes, target: bytes) -> bytes:
    """What a well-behaved application answers (guard_contracts.py)."""
    path = target.partition(b"?")[0]
    if path == b"/v1/things":
        return answer() if method == b"GET" else answer(GOOD_THING, status="201 Created")
    if path == b"/v1/things/mine" or path.startswith((b"/v1/gr", b"/v1/bodies/")):
        return _NO_CONTENT
    if path == b"/v1/events":
        return answer(EVENTS, media=STREAM)
    if path == b"/v1/report":
        whole = answer(b"a;b\n", media="text/csv")
        return whole.removesuffix(b"a;b\n") if method == b"HEAD" else whole
    if path == b"/v1/choice":
        return answer(b"{}")
    if method == b"PUT":
        return answer(b"", media="")
    return answer(GOOD_THING if path.startswith(b"/v1/things/") else GOOD_LIST)


@contextmanager
def upstream() -> Iterator[Upstream]:
    made = Upstream()
    try:
        yield made
    finally:
        made.close()

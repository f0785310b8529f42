"""Health, readiness and metrics, on an address of their own: never the one that clients reach. Nothing here changes anything."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import time
from dataclasses import dataclass, field

from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy.exposition import exposition
from batten.guard.proxy.meter import READY, REPLACED, Meters
from batten.guard.proxy.rollout import Rollout
from batten.guard.proxy.settings import Address

SECONDS = 5.0  # for a whole exchange
MOST_LINKS = 64
LONGEST = 8_192  # bytes of a request
_REQUEST = re.compile(
    rb"([A-Z]{1,16}) (/[!-~]{0,1000}) HTTP/1\.[01]\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*)\r\n"
)
_BODY = re.compile(
    rb"^(?:transfer-encoding|content-length:[ \t]*(?!0+[ \t]*\r))", re.IGNORECASE | re.MULTILINE
)


@dataclass(slots=True)
class _Link:
    end: float
    asked: bytes = b""
    answer: bytes = field(default=b"", repr=False)


class Admin:
    """Served between other work by one thread that never waits for a client. Raises GuardProblem."""

    def __init__(self, where: Address, meters: Meters, rollout: Rollout | None = None) -> None:
        self._meters = meters
        self._rollout = rollout
        family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
        try:
            self._listener = socket.create_server((where.host, where.port), family=family)
        except OSError as error:
            raise GuardProblem(
                f"cannot listen on {where}: {error.strerror}; choose another --admin"
            ) from error
        try:
            is_loopback = ipaddress.ip_address(where.host).is_loopback
        except ValueError:
            is_loopback = where.host == "localhost"
        if not is_loopback:
            logger.info("health and metrics are readable by all clients that reach %s", where)
        self._listener.setblocking(False)
        self._links: dict[socket.socket, _Link] = {}

    def close(self) -> None:
        """In a worker's process, and at the end."""
        self._listener.close()
        for link in list(self._links):
            self._end(link)

    def serve(self, alive: int, stopping: bool) -> None:
        """As far as it goes now."""
        self._accept()
        now = time.monotonic()
        for link, state in list(self._links.items()):
            try:
                done = self._go_on(link, state, alive, stopping)
            except BlockingIOError:
                done = now > state.end
            except OSError:
                done = True
            if done:
                self._end(link)

    def _accept(self) -> None:
        for _ in range(MOST_LINKS):
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            if len(self._links) >= MOST_LINKS:
                self._end(next(iter(self._links)))
            link.setblocking(False)
            self._links[link] = _Link(time.monotonic() + SECONDS)

    def _go_on(self, link: socket.socket, state: _Link, alive: int, stopping: bool) -> bool:
        """Whether it is over. Raises OSError, BlockingIOError where the client must do something first."""
        while not state.answer:
            data = link.recv(4_096)
            state.asked += data
            if not data:
                return True
            if len(state.asked) > LONGEST:
                state.answer = _answer(431, "text/plain", "")
            elif b"\r\n\r\n" in state.asked:
                state.answer = self._answer(state.asked, alive, stopping)
        while state.answer:
            state.answer = state.answer[link.send(state.answer) :]
        return True

    def _end(self, link: socket.socket) -> None:
        self._links.pop(link, None)
        link.close()

    def _answer(self, request: bytes, alive: int, stopping: bool) -> bytes:
        read = _REQUEST.fullmatch(request)
        if read is None or _BODY.search(read[3]):
            return _answer(400, "text/plain", "")
        if read[1] != b"GET":
            return _answer(405, "text/plain", "", "Allow: GET\r\n")
        match read[2]:
            case b"/metrics":
                text = exposition(self._meters, alive) + (self._rollout.exposition() if self._rollout else "")
                return _answer(200, "text/plain; version=0.0.4; charset=utf-8", text)
            case b"/health":
                return self._state(alive, stopping)
            case b"/ready":
                fit = self._is_fit(alive, stopping)
                return _answer(200 if fit else 503, "application/json", json.dumps({"ready": fit}))
        return _answer(404, "text/plain", "")

    def _is_fit(self, alive: int, stopping: bool) -> bool:
        return bool(alive and not stopping and self._meters.sum(READY))

    def _state(self, alive: int, stopping: bool) -> bytes:
        """An upstream that is away is no reason to restart the guard: it is told, with status 200."""
        fit, reached = self._is_fit(alive, stopping), self._meters.reaches_upstream()
        told = "stopping" if stopping else "starting" if not fit else "ok" if reached else "degraded"
        state: dict[str, object] = {"status": told, "workers": alive}
        state["upstream"] = "reachable" if reached else "unreachable"
        state |= self._rollout.health() if self._rollout is not None else {}
        replaced = self._meters.sum(REPLACED)
        state |= {"stuck_workers_replaced": replaced} if replaced else {}
        return _answer(200 if fit else 503, "application/json", json.dumps(state))


def _answer(status: int, media_type: str, text: str, more: str = "") -> bytes:
    body = text.encode()
    return (
        f"HTTP/1.1 {status} \r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{more}"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    ).encode() + body

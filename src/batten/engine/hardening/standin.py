"""An API that keeps a contract, on loopback, for the time of a trial: it answers as the contract's examples say."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from batten.contract import Contract, Operation
from batten.contract.matcher import Matcher
from batten.contract.titles import TITLES
from batten.contract.validators import Validators
from batten.engine.hardening.documented import Reply, is_secured, reply_of
from batten.live.exchange import Headers
from batten.live.sockets import accepted
from batten.model.record import record

SECONDS = 15.0  # that a connection may be silent
LARGEST = 16 * 1024 * 1024  # bytes of a request
KEPT = 64  # requests
MOST_THREADS = 300  # of the process
MARK = "stand-in/1.0"  # the value of headers that an edge must not forward
PROBLEM = "application/problem+json"
PROTOCOL = "websocket"


@record(kw_only=True)
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(slots=True)
class StandIn:
    """`token` is the only credential that it takes; `leaked` are headers that it adds to each answer."""

    contract: Contract
    token: str
    leaked: tuple[str, ...]
    port: int = 0
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT))
    _matcher: Matcher = field(init=False)
    _validators: Validators = field(init=False)
    _replies: dict[str, Reply] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._matcher = Matcher(self.contract.operations)
        self._validators = Validators(self.contract)

    def reply(self, request: Seen) -> Reply:
        """What it answers to a request."""
        path = request.target.partition("?")[0]
        match = self._matcher.match(path) or self._matcher.match(unquote(path))
        if match is None:
            return problem(404)
        method = request.method
        if method == "HEAD" and method not in match.operations:
            method = "GET"
        operation = match.operations.get(method)
        if operation is None:
            return problem(405)
        if is_secured(operation) and not self._admits(request):
            return problem(401)
        return self.documented(operation)

    def _admits(self, request: Seen) -> bool:
        return any(self.token in text for text in (request.target, *(value for _, value in request.headers)))

    def documented(self, operation: Operation) -> Reply:
        """What it answers to a call that the contract admits."""
        with self._turn:
            if operation.label not in self._replies:
                self._replies[operation.label] = reply_of(operation, self.contract, self._validators)
            return self._replies[operation.label]


def problem(status: int) -> Reply:
    """An error as a problem document (RFC 9457)."""
    document = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status}
    return Reply(status=status, headers=(("Content-Type", PROBLEM),), body=json.dumps(document).encode())


@contextmanager
def stand_in(contract: Contract, token: str, leaked: tuple[str, ...]) -> Iterator[StandIn]:
    """One that answers for as long as the block lasts."""
    found = StandIn(contract, token, leaked)

    class Handler(_Handler):
        api = found

    server = _Server(("127.0.0.1", 0), Handler)
    found.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether another connection is taken: each is a thread."""
        return threading.active_count() < MOST_THREADS

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up, or sends what is not HTTP, ends its own connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    api: StandIn

    def __getattr__(self, name: str) -> object:
        """Every verb is answered alike; the server looks for `do_VERB`."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: requests hold credentials."""

    def version_string(self) -> str:
        return MARK

    def _answer(self) -> None:
        length = (
            int(self.headers.get("Content-Length") or 0)
            if (self.headers.get("Content-Length") or "0").isdigit()
            else 0
        )
        if length > LARGEST:
            self.close_connection = True
            return
        body = (
            self._chunks()
            if "chunked" in self.headers.get("Transfer-Encoding", "")
            else self.rfile.read(length)
        )
        headers = tuple((name, value) for name, value in self.headers.items())
        request = Seen(method=self.command, target=self.path, headers=headers, body=body)
        self.api.seen.append(request)
        if self.headers.get("Upgrade", "").lower() == PROTOCOL:
            # Every handshake is taken, and nothing is said in the WebSocket.
            key = self.headers.get("Sec-WebSocket-Key", "")
            self.send_response(101)
            for name, value in (
                ("Connection", "Upgrade"),
                ("Upgrade", PROTOCOL),
                ("Sec-WebSocket-Accept", accepted(key)),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
        else:
            self._send(self.api.reply(request))

    def _chunks(self) -> bytes:
        """A body in chunks (RFC 9112, 7.1), as edges send what they do not buffer."""
        found = bytearray()
        while size := int(self.rfile.readline(64).partition(b";")[0].strip() or b"0", 16):
            if len(found) + size > LARGEST:
                self.close_connection = True
                return bytes(found)
            found += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(65_536).strip():
            pass
        return bytes(found)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name in self.api.leaked:
            self.send_header(name, MARK)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

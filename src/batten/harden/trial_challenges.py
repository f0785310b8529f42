"""The client's part of a trial: one answer to a challenge, as a file for engines that read it and from a port for the others."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from batten.harden.acme import CHALLENGES
from batten.model.record import record

SECONDS = 10.0  # that a connection may be silent


@record
class Challenge:
    """`content` is what an authority must get for the token."""

    token: str
    content: bytes

    @property
    def target(self) -> str:
        return f"{CHALLENGES}/{self.token}"


def challenge() -> Challenge:
    """One that nobody has seen before."""
    token = secrets.token_urlsafe(32)
    return Challenge(token, f"{token}.{secrets.token_urlsafe(32)}".encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """An edge that ends a connection ends nothing else."""


@contextmanager
def responder(one: Challenge) -> Iterator[int]:
    """The port on loopback where it is answered, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS

        def do_GET(self) -> None:
            found = self.path == one.target
            body = one.content if found else b"<p>another answer of the client's</p>"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html")  # no edge may pass this on
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing of it is kept."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

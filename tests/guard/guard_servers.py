"""Applications under uvicorn on loopback, and raw bytes sent to them."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from waiting import BOUND, until


@contextmanager
def served(app: Any, ws: Any = "none") -> Iterator[int]:
    """The port that `app` is served on until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", server_header=False, ws=ws)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), "uvicorn serves")
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(BOUND)
        listener.close()


def exchanged(port: int, request: bytes) -> bytes:
    """All that comes back before the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as link:
        link.sendall(request)
        parts = []
        while part := link.recv(65536):
            parts.append(part)
    return b"".join(parts)


def asked_raw(port: int, line: str, *headers: str, body: bytes = b"") -> tuple[int, bytes, bytes]:
    """Status, head and body of the answer to one request whose target is sent as it is."""
    head = "\r\n".join((f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *headers))
    answer = exchanged(port, head.encode("latin-1") + b"\r\n\r\n" + body)
    top, _, rest = answer.partition(b"\r\n\r\n")
    return int(top.split(b" ")[1]) if top else 0, top.lower(), rest
